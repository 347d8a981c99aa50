#!/bin/bash
# The stack of docker-compose.yml, as the Makefile drives it: scripts/stack.sh up|down|backup|restore FILE|...
# Takes Compose v2 (`docker compose`) or `docker-compose`, whichever there is, or what COMPOSE names. CONFIRM=yes answers
# every question.
set -euo pipefail
cd "$(dirname "$0")/.."
PATIENCE=${PATIENCE:-300} # seconds until everything must be healthy

say() { printf '%s\n' "$@"; }
fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# What the image says of itself: the commit it was built from, and where that comes from, without a login.
origin() {
    CSVAPI_REVISION=$(git rev-parse HEAD 2>/dev/null) || return 0
    CSVAPI_CREATED=$(git log -1 --format=%cI)
    CSVAPI_SOURCE=$(git config --get remote.origin.url | sed -E 's#//[^/@]*@#//#' || true)
    export CSVAPI_REVISION CSVAPI_CREATED CSVAPI_SOURCE
}

compose() {
    if [ -n "${COMPOSE:-}" ]; then
        $COMPOSE "$@"
    elif docker compose version >/dev/null 2>&1; then
        docker compose "$@"
    elif command -v docker-compose >/dev/null; then
        docker-compose "$@"
    else
        fail "Docker Compose is not installed: https://docs.docker.com/compose/install"
    fi
}

need_engine() {
    command -v docker >/dev/null || fail "Docker is not installed: https://docs.docker.com/engine/install"
    docker info >/dev/null 2>&1 || fail "No Docker engine answers: start it, or run as a user who may use it (group docker)"
}

value() { sed -n "s/^$1=//p" .env | tail -1; }
set_value() {
    local temp
    temp=$(mktemp .env.XXXXXX) # made with mode 0600
    awk -v name="$1" -v value="$2" 'index($0, name "=") == 1 { print name "=" value; next } { print }' .env >"$temp"
    mv "$temp" .env
}
random() { LC_ALL=C tr -dc a-zA-Z0-9 < <(head -c 4096 /dev/urandom) | cut -c "1-$1"; }

# Make .env, or add to it what a newer .env.example has; never change a value that is there.
init() {
    local name line
    if [ ! -e .env ]; then
        (umask 077 && cp .env.example .env)
        set_value ADMIN_PASSWORD "$(random 22)"
        say "Wrote .env with random secrets"
    fi
    chmod 600 .env
    while IFS= read -r line; do
        [ -z "$line" ] || grep -q "^${line%%=*}=" .env || say "$line" >>.env
    done < <(grep -E '^[A-Z]' .env.example)
    for name in CSVAPI_SECRET_KEY CSVAPI_JWT_KEY DB_PASSWORD DB_ROOT_PASSWORD REDIS_PASSWORD; do
        [ -n "$(value $name)" ] || set_value $name "$(random 48)"
    done
    # Without an access key the bucket goes by the rights of the machine, and there must be no secret, either.
    if [ -n "$(value CSVAPI_S3_ACCESS_KEY)" ] && [ -z "$(value CSVAPI_S3_SECRET_KEY)" ]; then
        set_value CSVAPI_S3_SECRET_KEY "$(random 40)"
    fi
}

# "name state health exit-code" of every container of the stack
states() {
    local ids
    mapfile -t ids < <(compose ps -aq)
    [ ${#ids[@]} = 0 ] || docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}} {{.State.ExitCode}}' "${ids[@]}"
}

not_ready() { # those that are not healthy, or, for migrate, not done
    states | awk '$1 == "migrate" { if ($2 != "exited" || $4 != 0) print $1 ": " $2 " " $4; next }
        $2 != "running" || ($3 != "healthy" && $3 != "none") { print $1 ": " $2 " " $3 }'
}

wait_healthy() {
    local waiting
    while waiting=$(not_ready) && [ -n "$waiting" ]; do
        if [ "$SECONDS" -ge "$PATIENCE" ]; then
            say "Not healthy after $PATIENCE s:" "$waiting" >&2
            compose logs --tail 20 >&2
            fail "make status and make logs tell more"
        fi
        sleep 1
    done
}

up() {
    init
    # Without a database there is no administrator, either: one is created, and shown once.
    if [ -z "$(value ADMIN_PASSWORD)" ] && ! docker volume inspect "$(project)_db" >/dev/null 2>&1; then
        set_value ADMIN_PASSWORD "$(random 22)"
    fi
    # Compose 1.29 cannot replace the containers of a newer engine, only make them (KeyError: 'ContainerConfig').
    [[ $(compose version --short 2>/dev/null) != 1.* ]] || compose down --remove-orphans
    compose up -d --build --remove-orphans || {
        explain
        exit 1
    }
    wait_healthy
    addresses
}

in_profile() { [[ ",${COMPOSE_PROFILES:-$(value COMPOSE_PROFILES)}," == *",$1,"* ]]; }

project() {
    local name
    name=$(value COMPOSE_PROJECT_NAME)
    say "${COMPOSE_PROJECT_NAME:-${name:-csvapi}}"
}

explain() {
    say "" "The stack did not come up; what preparing the database said last:"
    compose logs --tail 15 migrate || true
    say "" "If the port is in use, set another CSVAPI_PORT in .env. docs/operating.md knows more."
} >&2

# The address that a web container was given; with a range in CSVAPI_PORT only Docker knows which one it is.
published() {
    local web address
    mapfile -t web < <(compose ps -q web)
    address=$(docker port "${web[0]:-none}" 8000/tcp 2>/dev/null) || address=127.0.0.1:$(value CSVAPI_PORT)
    address=${address%%$'\n'*}
    say "${address/#0.0.0.0:/127.0.0.1:}"
}

# Replace everything by what this checkout builds, without a moment in which no web container answers: new ones beside the
# old ones, on other ports of the range in CSVAPI_PORT, and the old ones go when the new ones are healthy.
roll() {
    local old ports first last
    init
    mapfile -t old < <(compose ps -q web)
    [ ${#old[@]} -gt 0 ] || fail "Nothing runs that could be replaced: make up"
    ports=$(value CSVAPI_PORT) first=${ports%%-*} last=${ports##*-}
    [ $((last - first + 1)) -ge $((2 * ${#old[@]})) ] ||
        fail "CSVAPI_PORT in .env must be a range of $((2 * ${#old[@]})) ports or more, such as 8000-8003, all of which the proxy asks"
    compose build
    compose run --rm -T migrate
    compose up -d --no-deps --no-recreate --scale "web=$((2 * ${#old[@]}))" web
    wait_healthy
    docker stop -t 30 "${old[@]}" >/dev/null
    docker rm "${old[@]}" >/dev/null
    compose up -d --no-deps worker scheduler
    wait_healthy
}

# Put the digests that the registry has for the images' names into .env: from then on it cannot send anything else.
pin() {
    local name default found digest
    init
    while read -r name default; do
        found=$(value "$name")
        found=${found:-$default}
        found=${found%%@*}
        digest=$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$found") ||
            fail "No registry says what $found is now; nothing was changed for $name"
        set_value "$name" "$found@$digest"
        say "$name=$found@$digest"
    done < <(sed -nE 's/.*\$\{([A-Z]+_IMAGE):-([^}]+)\}.*/\1 \2/p' docker-compose.yml | grep -v ^CSVAPI_)
}

addresses() {
    local url
    url=$(value CSVAPI_PUBLIC_URL)
    url=${url:-http://$(published)}
    say "" "csvapi is running." "" "  API         $url/api/" "  Swagger UI  $url/swagger/" "  Redoc       $url/redoc/" \
        "  Admin       $url/admin/" "  Queue       $url/rq/"
    show_login
    say "  Stop        make down" ""
}

# Once: afterwards only the password's hash is kept. (With DEBUG it is nobody's secret.)
show_login() {
    local password
    password=$(value ADMIN_PASSWORD)
    [ -n "$password" ] || return 0
    say "" "  Administrator  $(value ADMIN_EMAIL)" "  Password       $password" \
        "  (shown only now; another one: make admin EMAIL=$(value ADMIN_EMAIL))" ""
    [ -n "$(value DEBUG)" ] || set_value ADMIN_PASSWORD ""
}

sure() {
    [ "${CONFIRM:-}" != yes ] || return 0
    local answer
    read -r -p "$1 Type yes: " answer || true
    [ "$answer" = yes ] || fail "Nothing was changed"
}

clean() {
    init >/dev/null # Compose wants to know every value, even to delete
    sure "This deletes the containers, the database, the queue and every stored file of $(project)."
    compose --profile dashboard --profile s3 --profile cluster down -v --remove-orphans --rmi local
}

backup() {
    local file=${FILE:-}
    if [ -z "$file" ]; then
        (umask 077 && mkdir -p backups)
        file=backups/$(project)-$(date +%Y%m%d-%H%M%S).tar.gz
    fi
    (umask 077 && compose exec -T web csvapi backup - >"$file.part") || {
        rm -f "$file.part"
        fail "No backup was made; is the stack running? (make status)"
    }
    mv "$file.part" "$file"
    say "$file ($(du -h "$file" | cut -f1)); .env is not in it, keep that safe too"
}

restore() {
    local file=${1:-} servers=(db redis)
    [ -n "$file" ] || fail "Which archive? make restore FILE=backups/..."
    [ -r "$file" ] || fail "There is no file $file"
    init
    compose build -q migrate
    compose stop web worker scheduler >/dev/null 2>&1 || true
    ! in_profile s3 || servers+=(minio)
    compose up -d "${servers[@]}"
    compose run --rm -T migrate
    compose run --rm -T --no-deps migrate restore - <"$file" || {
        up
        fail "Nothing was restored: the reason is above"
    }
    set_value ADMIN_PASSWORD "" # those who may sign in are those of the archive
    up
}

health() {
    local waiting
    states | sort | awk '{ printf "  %-12s %-10s %s\n", $1, $2, $3 }'
    curl -fsS "http://$(published)/readyz" || fail "/readyz does not answer well"
    say ""
    waiting=$(not_ready)
    [ -z "$waiting" ] || fail "Not healthy: $waiting"
}

command=${1:-}
shift || true
[ "$command" = init ] || need_engine
origin
case $command in
    init | up | clean | backup | health | roll | pin) "$command" ;;
    restore) restore "${1:-${FILE:-}}" ;;
    wait) wait_healthy ;;
    admin) compose run --rm --no-deps web admin "${EMAIL:?make admin EMAIL=you@example.com}" ;;
    compose) compose "$@" ;;
    *) fail "Unknown command: $command" ;;
esac
