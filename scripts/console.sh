#!/bin/bash
# Judge the console's modules: Node.js parses each, and TypeScript checks their types, which are written as JSDoc.
# scripts/openapi.sh has installed both.
set -euo pipefail
cd "$(dirname "$0")/.."

find csvapi/web/console/static -name '*.js' -not -path '*/vendor/*' -print0 | while IFS= read -r -d '' module; do
    node --input-type=module --check <"$module" || { echo "$module" >&2; exit 1; }
done
scripts/openapi/node_modules/.bin/tsc --project scripts/console/tsconfig.json
echo "The console's modules pass node --check and tsc --checkJs"
