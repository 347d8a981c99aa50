#!/bin/bash
# Install the tools of this folder from npm, as they are pinned here; as root on Debian npm itself where it is missing.
set -euo pipefail
cd "$(dirname "$0")"

has() { command -v "$1" >/dev/null; }

if ! has npm || ! has node; then
    if [ "$(id -u)" != 0 ] || ! has apt-get; then
        echo "this needs npm: install it (Debian, Ubuntu: sudo apt-get install nodejs npm)" >&2
        exit 1
    fi
    echo "Installing npm ..."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
fi
if ! node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'; then
    echo "this needs Node.js 18 or later; this is $(node --version)" >&2
    exit 1
fi

TOOLS=$PWD
if ! cmp -s "$TOOLS/package-lock.json" "$TOOLS/node_modules/.installed"; then
    echo "Installing Redocly, Spectral and openapi-typescript ..."
    npm ci --prefix "$TOOLS" --ignore-scripts --no-audit --no-fund --loglevel=error
    cp "$TOOLS/package-lock.json" "$TOOLS/node_modules/.installed"
fi
