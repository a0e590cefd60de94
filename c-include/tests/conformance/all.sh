#!/usr/bin/env bash
# Runs every scenario on one store and compares the transcripts: all.sh RUNNER SCENARIOS URL
set -euo pipefail
runner=$1 scenarios=$2 url=$3

failed=0 count=0
for scenario in "$scenarios"/*.txt; do
    case $url in
    redis+unix://*) redis-cli -s "${url#redis+unix://}" flushall >/dev/null ;;
    memory:) ;;
    *) rm -f "$url"* ;;
    esac
    count=$((count + 1))
    if ! diff "$scenario" <("$runner" "$scenario" "$url"); then
        echo "the transcript of $scenario differs" >&2
        failed=$((failed + 1))
    fi
done
echo "$((count - failed)) passed, $failed failed"
[ "$failed" = 0 ] && [ "$count" -ge 60 ]
