#!/bin/bash
# Create .venv and install a lock file and this package into it: scripts/bootstrap.sh requirements.lock
# Needs python3 >= 3.11 with its venv module; as root on Debian it installs that module itself.
set -euo pipefail
cd "$(dirname "$0")/.."
lock=$1

fail() {
    echo "$*" >&2
    exit 1
}

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    fail "csvapi needs Python 3.11 or newer: install it, or name it, as in PYTHON=/path/to/python3.11 make run"
}

# Debian keeps the half of venv that brings pip in a package of its own.
need_venv() {
    local python=$1 package
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "csvapi needs Python's venv module; on Debian and Ubuntu: sudo apt-get install $package"
    fi
    echo "Installing $package ..."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null
}

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    need_venv "$python"
    echo "Creating .venv with $("$python" --version) ..."
    "$python" -m venv --clear .venv
fi
echo "Installing $lock ..."
# The lock names all that its packages need, so each can be installed without the others: by two pips, since one unpacks
# with one processor. They are compiled by all processors; what is no Python of this version, as in tests of packages,
# stays as it is.
install_half() { # the packages of even numbers in the lock, or those of odd numbers
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes \
        -r <(awk -v half="$1" '/^[^ #]/ { number++ } number % 2 == half' "$lock")
}
install_half 0 &
other=$!
install_half 1 || { wait $other || true; exit 1; }
wait $other
.venv/bin/python -m compileall -qq -j 0 .venv/lib || true

# This package is built with the locked tools. With them comes a C compiler, for this build alone, where none works here;
# where it cannot be had, or has no room in the temporary folder, csvapi is installed without its compiled kernel.
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
if [ -n "$(PYTHONPATH=build_backend .venv/bin/python -m csvapi_build --requires)" ]; then
    echo "Fetching a C compiler for this build (100 MB; CSVAPI_NATIVE=off does without) ..."
    if ! said=$(.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
        --target "$tools" -r requirements-build.lock 2>&1); then
        echo "It cannot be fetched: ${said##*$'\n'}"
        rm -rf "$tools"
    fi
fi
install_this() {
    PYTHONPATH=$tools .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
}
case ${CSVAPI_NATIVE:-} in
    cc | zig) install_this ;; # asked for by name: without it nothing is installed
    *) install_this || CSVAPI_NATIVE=off install_this ;;
esac
.venv/bin/csvapi --version | tail -n 1
