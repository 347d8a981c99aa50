#!/bin/bash
# Make the package: types from the OpenAPI document, modules, an archive for npm, in this folder or in the one that is named.
set -euo pipefail
cd "$(dirname "$0")"
ROOT=$(cd ../.. && pwd)
TO=$(cd "${1:-.}" && pwd)
BIN=$ROOT/scripts/openapi/node_modules/.bin

"$ROOT/scripts/openapi/install.sh"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cp -r src README.md package.json tsconfig.json "$work"
PYTHONPATH=$ROOT "$ROOT/.venv/bin/python" "$ROOT/scripts/api_docs.py" --document "$work/openapi.json" >/dev/null
cd "$work"
"$BIN/openapi-typescript" openapi.json --default-non-nullable=false --output src/openapi.ts >/dev/null
"$BIN/tsc" --project .
npm pack --silent --pack-destination "$TO"
