#!/bin/bash
# Build what a release publishes, and use it as somebody does who has nothing else: scripts/release_check.sh
# Wheel and sdist go to dist/; both are installed into empty environments, the wheel's `csvapi start` serves, and the
# client, installed into another one, runs its README. With Docker the image is built and looked at, too.
set -euo pipefail
cd "$(dirname "$0")/.."
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV
BUILD=1.6.1 TWINE=7.0.0
python=${PYTHON:-.venv/bin/python}
work=$(mktemp -d)
server=
cleanup() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    rm -rf "$work"
}
trap cleanup EXIT

say() { echo "== $*"; }

# A new environment with what pip installs for its arguments, and nothing else.
environment() {
    local name=$1
    shift
    "$python" -m venv "$work/$name"
    "$work/$name/bin/pip" install --quiet --disable-pip-version-check "$@"
    "$work/$name/bin/pip" check --disable-pip-version-check
}

# What an installed csvapi must be able to do without a server.
use() {
    local bin=$work/$1/bin folder=$work/$1-files
    mkdir -p "$folder"
    printf 'id,name\n007,Ada\n007,Ada\n8,Bob\n' >"$folder/people.csv"
    # from another folder: the sources must not be what is imported
    (
        cd "$folder"
        "$bin/csvapi" --version
        [ "$("$bin/csvapi" --version | tail -n 1 | cut -d '(' -f 1)" = 'parser: native kernel ' ]
        [ "$("$bin/csvapi" dedup people.csv)" = "$(printf 'id,name\n007,Ada\n8,Bob')" ]
        "$bin/csvapi" completion bash | bash -n
    )
    test -s "$work/$1/share/man/man1/csvapi.1"
}

say "wheel and sdist; the wheel is built from the sdist, which therefore is complete"
environment tools "build==$BUILD" "twine==$TWINE"
rm -rf dist/csv_processing_api-* dist/csvapi_client-*
"$work/tools/bin/python" -m build --outdir dist . 2>&1 | tail -n 1
"$work/tools/bin/python" -m build --outdir dist clients/python 2>&1 | tail -n 1
"$work/tools/bin/twine" check --strict dist/csv_processing_api-* dist/csvapi_client-*
"$python" scripts/release_metadata.py dist

say "the bill of materials"
"$python" scripts/sbom.py dist/csvapi.cdx.json

say "the sdist in an empty environment"
environment sdist dist/csv_processing_api-*.tar.gz
use sdist

say "the wheel in an empty environment"
environment wheel dist/csv_processing_api-*.whl
use wheel

say "its service, and the client's README"
environment client dist/csvapi_client-*.whl
mkdir "$work/service"
(cd "$work/service" && exec env CSVAPI_PORT=0 CSVAPI_WORKERS=1 "$work/wheel/bin/csvapi" start) >"$work/service.log" 2>&1 &
server=$!
"$work/client/bin/python" scripts/release_session.py "$work/service.log" clients/python/README.md
kill "$server"
wait "$server"
server=

say "the image"
if ! command -v docker >/dev/null || ! docker info >/dev/null 2>&1; then
    echo "SKIPPED: there is no Docker engine here, so the image was not built"
    exit 0
fi
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
docker build --quiet --build-arg "REVISION=$revision" --tag csvapi:release-check . >/dev/null
"$python" scripts/release_metadata.py --image csvapi:release-check "$revision"
docker run --rm --read-only --entrypoint csvapi csvapi:release-check --version
