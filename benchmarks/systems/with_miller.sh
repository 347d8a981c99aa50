#!/bin/bash
# Miller, values as text: with_miller.sh CASE INPUT OUTPUT
set -euo pipefail
case $1 in
dedup) exec mlr --csv -S uniq -a "$2" >"$3" ;;
unique) exec mlr --csv -S head -n 1 -g "$KEY" "$2" >"$3" ;;
filter) exec mlr --csv filter "(is_int(\$$NUMBER) || is_float(\$$NUMBER)) && \$$NUMBER >= $LEAST && \$$TEXT =~ \"$NEEDLE\"" "$2" >"$3" ;;
esac
