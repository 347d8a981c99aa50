#!/usr/bin/env bash
# Fetch what others wrote of the pages' scripts and styles again (needs npm); the versions here are the ones that are committed.
set -euo pipefail
SWAGGER_UI=5.35.0 REDOC=2.5.4
PREACT=11.2.0 HTM=3.1.1 SIGNALS=2.11.4 SIGNALS_CORE=1.14.5
root=$(cd "$(dirname "$0")/.." && pwd)
static=$root/csvapi/web/static
console=$root/csvapi/web/console/static/vendor
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

# The console: modules as they are, which import each other by relative paths.
npm pack --silent "preact@$PREACT" "htm@$HTM" "@preact/signals@$SIGNALS" "@preact/signals-core@$SIGNALS_CORE" "axe-core@4.14.1" >/dev/null
mkdir preact htm signals core axe
tar xzf "preact-$PREACT.tgz" -C preact --strip-components=1
tar xzf "htm-$HTM.tgz" -C htm --strip-components=1
tar xzf "preact-signals-$SIGNALS.tgz" -C signals --strip-components=1
tar xzf "preact-signals-core-$SIGNALS_CORE.tgz" -C core --strip-components=1
tar xzf axe-core-*.tgz -C axe --strip-components=1
mkdir -p "$console" "$root/tests/web/axe"
cp preact/dist/preact.mjs "$console/preact.js"
cp preact/hooks/dist/hooks.mjs "$console/hooks.js"
cp htm/dist/htm.mjs "$console/htm.js"
cp signals/dist/signals.mjs "$console/signals.js"
cp core/dist/signals-core.mjs "$console/signals-core.js"
cp preact/LICENSE "$console/preact.LICENSE"
cp htm/LICENSE "$console/htm.LICENSE"
cp signals/LICENSE "$console/signals.LICENSE"
sed -i -e 's#"preact/hooks"#"./hooks.js"#g' -e 's#"@preact/signals-core"#"./signals-core.js"#g' -e 's#"preact"#"./preact.js"#g' \
    -e '/^\/\/# sourceMappingURL=/d' "$console"/*.js
cp axe/axe.min.js axe/LICENSE "$root/tests/web/axe/" # for the tests alone
