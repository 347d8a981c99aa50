#!/bin/bash
# Judge the OpenAPI document as others will: Redocly and Spectral lint it, its patterns are compiled as ECMAScript, and
# openapi-typescript makes types of it, without a warning. What that needs comes from npm, pinned in scripts/openapi/.
set -euo pipefail
cd "$(dirname "$0")/.."

TOOLS=$PWD/scripts/openapi
BIN=$TOOLS/node_modules/.bin
"$TOOLS/install.sh"

temp=$(mktemp -d)
trap 'rm -r "$temp"' EXIT

# What it prints is shown only if it fails, or warns.
quietly() {
    if ! "$@" >"$temp/log" 2>&1 || grep -q '⚠' "$temp/log"; then
        cat "$temp/log" >&2
        exit 1
    fi
}

quietly env PYTHONPATH="$PWD" .venv/bin/python scripts/api_docs.py --document "$temp/openapi.json"
cd "$temp" # where none of them finds the configuration of another
quietly node "$TOOLS/redocly.js" openapi.json
quietly "$BIN/spectral" lint --ruleset "$TOOLS/spectral.yaml" --fail-severity=warn openapi.json
quietly node "$TOOLS/patterns.js" openapi.json
quietly "$BIN/openapi-typescript" openapi.json --output openapi.ts
quietly "$BIN/tsc" --noEmit --strict openapi.ts
echo "The OpenAPI document passes Redocly and Spectral, and makes types of TypeScript"
