#!/bin/bash
# Judge the OpenAPI document as others will: Redocly and Spectral lint it, its patterns are compiled as ECMAScript, and
# openapi-typescript makes types of it, without a warning. What that needs comes from npm, pinned in scripts/openapi/;
# as root on Debian npm itself is installed where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

has() { command -v "$1" >/dev/null; }

if ! has npm || ! has node; then
    if [ "$(id -u)" != 0 ] || ! has apt-get; then
        echo "make check needs npm: install it (Debian, Ubuntu: sudo apt-get install nodejs npm)" >&2
        exit 1
    fi
    echo "Installing npm for make check ..."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
fi
if ! node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'; then
    echo "make check needs Node.js 18 or later; this is $(node --version)" >&2
    exit 1
fi

TOOLS=$PWD/scripts/openapi
BIN=$TOOLS/node_modules/.bin
if ! cmp -s "$TOOLS/package-lock.json" "$TOOLS/node_modules/.installed"; then
    echo "Installing Redocly, Spectral and openapi-typescript ..."
    npm ci --prefix "$TOOLS" --ignore-scripts --no-audit --no-fund --loglevel=error
    cp "$TOOLS/package-lock.json" "$TOOLS/node_modules/.installed"
fi

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
