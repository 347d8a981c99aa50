#!/usr/bin/env bash
# Fetch the documentation pages' assets again (needs npm); the versions here are the ones that are committed.
set -euo pipefail
SWAGGER_UI=5.35.0 REDOC=2.5.4
static=$(cd "$(dirname "$0")/.." && pwd)/csvapi/web/static
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "swagger-ui-dist@$SWAGGER_UI" "redoc@$REDOC" >/dev/null
mkdir swagger redoc
tar xzf swagger-ui-dist-*.tgz -C swagger --strip-components=1
tar xzf redoc-*.tgz -C redoc --strip-components=1
mkdir -p "$static/swagger-ui" "$static/redoc"
cp swagger/{swagger-ui-bundle.js,swagger-ui-bundle.js.LICENSE.txt,swagger-ui.css,favicon-32x32.png,LICENSE,NOTICE} "$static/swagger-ui/"
cp redoc/bundles/redoc.standalone.js redoc/bundles/redoc.standalone.js.LICENSE.txt redoc/LICENSE "$static/redoc/"
# Redoc shows its maker's logo from the maker's host; these pages ask no other host for anything.
sed -i 's#https://cdn\.redoc\.ly/redoc/logo-mini\.svg#data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E#' "$static/redoc/redoc.standalone.js"
sed -i '/^\/\/# sourceMappingURL=/d' "$static/swagger-ui/swagger-ui-bundle.js" "$static/redoc/redoc.standalone.js"
sed -i '/sourceMappingURL=/d' "$static/swagger-ui/swagger-ui.css"
