#!/bin/bash
# Make the documentation's site in build/site/html, in an environment of its own. A link within it that leads nowhere is
# an error, like every warning; other sites are not asked.
set -euo pipefail
cd "$(dirname "$0")/.."
TOOLS=(sphinx==9.0.4 furo==2025.12.19 myst-parser==5.2.0)
python=${PYTHON:-$([ -x .venv/bin/python ] && echo .venv/bin/python || echo python3)}
site=build/site
if [ "$(cat $site/tools 2>/dev/null)" != "${TOOLS[*]}" ]; then
    "$python" -m venv --clear $site/venv
    $site/venv/bin/pip install --quiet --disable-pip-version-check "${TOOLS[@]}"
    echo "${TOOLS[*]}" >$site/tools
fi
"$python" scripts/site/pages.py $site/source
rm -rf $site/html
$site/venv/bin/sphinx-build -q -W --keep-going -n -c scripts/site -d $site/doctrees $site/source $site/html
echo "$site/html: $(find $site/html -name '*.html' | wc -l) pages"
