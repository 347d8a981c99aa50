#!/bin/bash
# See to it that what the tests start is at hand: a database server (one named by TEST_DATABASE_URL, or an installed MariaDB
# or MySQL), Chromium, promtool, which comes with Prometheus, and, from npm, a provider of single sign-on. As root on Debian
# they are installed (the programs only, no system service).
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/usr/local/sbin:$PWD/.venv/bin

has() { command -v "$1" >/dev/null; }

has_database() {
    [ -n "${TEST_DATABASE_URL:-}" ] || has mysqld || { has mariadbd && has mariadb-install-db; }
}

has_browser() { has chromium || has chromium-browser || has google-chrome; }

# what it is, how else to provide it, packages
need() {
    local what=$1 else=$2
    shift 2
    if [ "$(id -u)" != 0 ] || ! has apt-get; then
        echo "The tests need $what: install it (Debian, Ubuntu: sudo apt-get install $*)$else" >&2
        exit 1
    fi
    echo "Installing $what for the tests ..."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

has_database || need "a database server" \
    " or name one: TEST_DATABASE_URL=mysql+pymysql://user:password@host/database make test" \
    mariadb-server-core mariadb-client-core
has_browser || need "Chromium" "" chromium

# Of Debian's package only this program is wanted: installed as a whole, it would start a server.
unpack_promtool() {
    local temp
    temp=$(mktemp -d)
    (cd "$temp" && apt-get download -qq -o APT::Sandbox::User=root prometheus && dpkg-deb -x prometheus_*.deb .)
    install -m 755 "$temp/usr/bin/promtool" .venv/bin/
    rm -r "$temp"
}

if ! has promtool; then
    if ! has apt-get || ! has dpkg-deb; then
        echo "The tests need promtool: install Prometheus (Debian, Ubuntu: sudo apt-get install prometheus)" >&2
        exit 1
    fi
    echo "Unpacking promtool for the tests ..."
    unpack_promtool || { [ "$(id -u)" = 0 ] && apt-get update -qq && unpack_promtool; }
fi

# The provider of single sign-on, as its lock file names it.
if ! has npm || ! has node; then need "Node.js and npm" "" nodejs npm; fi
if ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; then
    echo "The tests need Node.js 20 or later; this is $(node --version)" >&2
    exit 1
fi
PROVIDER=$PWD/tests/provider
if ! cmp -s "$PROVIDER/package-lock.json" "$PROVIDER/node_modules/.installed"; then
    echo "Installing a provider of single sign-on for the tests ..."
    npm ci --prefix "$PROVIDER" --ignore-scripts --no-audit --no-fund --loglevel=error
    cp "$PROVIDER/package-lock.json" "$PROVIDER/node_modules/.installed"
fi
