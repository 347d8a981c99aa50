#!/bin/bash
# csvkit has no number comparison: a pattern stands for it. with_csvkit.sh filter INPUT OUTPUT
set -euo pipefail
[ "$1" = filter ]
csvgrep -c "$NUMBER" -r "$AT_LEAST" "$2" | csvgrep -c "$TEXT" -m "$NEEDLE" >"$3"
