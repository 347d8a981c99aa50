#!/bin/bash
# Write requirements.lock and requirements-dev.lock: the newest versions that setup.cfg allows, installed in a new
# environment, so that nothing gets in that setup.cfg does not ask for.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

freeze() {
    local lock=$1 what=$2
    {
        echo "# What csvapi $what with, exactly. Written by \`make lock\`; edit the ranges in setup.cfg instead."
        "$work/bin/pip" freeze --exclude-editable
        # What redis needs on older Pythons only; a freeze on a newer one does not see it.
        echo 'async-timeout==5.0.1 ; python_full_version < "3.11.3"'
    } >"$work/lock"
    cp "$work/lock" "$lock"
}

.venv/bin/python -m venv "$work"
"$work/bin/pip" install --quiet --disable-pip-version-check -e '.[fast,s3]'
freeze requirements.lock runs
# The same versions at run time in both: what the tests see is what runs.
"$work/bin/pip" install --quiet --disable-pip-version-check -c requirements.lock -e '.[test,check]'
freeze requirements-dev.lock "is tested and checked"
