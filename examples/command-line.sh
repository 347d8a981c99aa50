#!/bin/bash
# The engine without a server: sh examples/command-line.sh FILE.csv writes FILE's clean copy, what was dropped and why.
set -euo pipefail
PATH=$(dirname "$0")/../.venv/bin:$PATH
input=$1
name=$(basename "$input" .csv)

csvapi detect "$input"
csvapi process "$input" -o "$name.clean.csv" --dropped "$name.dropped.csv" --explain "$name.why.csv" \
    --receipt "$name.receipt.json" --steps '[
        {"op": "filter", "filters": [{"column": "email", "operator": "contains", "value": "@"}]},
        {"op": "dedup", "columns": ["email"], "keep": "last", "ignore": ["case"]}
    ]'

# the same engine between pipes, and packed
gzip -c "$input" | csvapi dedup - -o - | csvapi normalise - -o "$name.normalised.csv.gz"
