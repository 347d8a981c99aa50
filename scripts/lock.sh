#!/bin/bash
# Write requirements.lock (what runs: the extras of the image, too), requirements-dev.lock (that, and what tests and checks) and
# requirements-build.lock (what builds: the same build tool, and the C compiler for machines without one): the newest
# versions that setup.cfg allows on any machine and Python it allows, with the SHA-256 of each of their files. pip
# refuses a file that is not among them, so that what was tested is what is installed, wherever it is fetched from.
# UV_DEFAULT_INDEX names another index than the public one.
set -euo pipefail
cd "$(dirname "$0")/.."
UV=0.13.9 # resolves for all machines at once, which pip cannot
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

.venv/bin/python -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "uv==$UV"
# This package is built with what is locked, like everything else.
"$work/venv/bin/python" -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
    >"$work/build.in"

lock() {
    local file=$1 what=$2
    shift 2
    {
        echo "# What csvapi $what with, exactly. Written by \`make lock\`; edit the ranges in setup.cfg instead."
        "$work/venv/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
            --no-emit-index-url --no-emit-find-links "$@" "$work/build.in"
    } >"$work/$file"
}

extras=()
for extra in parquet xlsx s3 sftp dask oidc sentry otel; do extras+=(--extra "$extra"); done
# The same versions: what the tests see is what runs. The tests' come first, since some of their tools allow older ones only.
same=(-c "$work/requirements-dev.lock")
lock requirements-dev.lock "is tested and checked" "${extras[@]}" --extra test --extra check setup.cfg
lock requirements.lock runs "${extras[@]}" "${same[@]}" setup.cfg
PYTHONPATH=build_backend .venv/bin/python -c 'from csvapi_build import compiling; print(compiling.ZIG)' >"$work/zig.in"
lock requirements-build.lock "is built" "${same[@]}" "$work/zig.in"
cp "$work"/requirements*.lock .
