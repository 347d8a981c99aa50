#!/bin/bash
# Miller, values as text where it can: with_miller.sh CASE INPUT OUTPUT
set -euo pipefail
case $1 in
dedup) exec mlr --csv -S uniq -a "$2" >"$3" ;;
unique) exec mlr --csv -S head -n 1 -g "$KEY" "$2" >"$3" ;;
filter) exec mlr --csv filter "(is_int(\$$NUMBER) || is_float(\$$NUMBER)) && \$$NUMBER >= $LEAST && \$$TEXT =~ \"$NEEDLE\"" "$2" >"$3" ;;
sort) exec mlr --csv sort -nf "$NUMBER" "$2" >"$3" ;;
join) # the names of both files in their order: Miller would put the key first
	names=$(head -qn 1 "$2" "$SECOND" | paste -sd ,)
	exec mlr --csv -S join -j "$KEY" -f "$SECOND" then cut -o -f "$names" "$2" >"$3"
	;;
frequency) exec mlr --csv -S count-distinct -f "$KEY" then rename "$KEY,value" then sort -nr count -f value "$2" >"$3" ;;
profile)
	figures=count,null_count,distinct_count,min,max,mean,maxlen
	names=field_name,column,count,records,null_count,empty,distinct_count,distinct_exactly,maxlen,longest
	exec mlr --csv summary -a "$figures" then rename "$names" "$2" >"$3"
	;;
validate)
	exec mlr --csv put -q -f "$(dirname "$0")/validate.mlr" "$2" >"$3"
	;;
esac
