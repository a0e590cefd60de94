#!/usr/bin/env bash
# The producer pushes, the worker works it off and ends when it is told to: examples.sh PRODUCER WORKER URL
set -euo pipefail
producer=$1 worker=$2 url=$3

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for signal in INT TERM; do
    ids=$(printf 'one\nbad two\nthree\n' | "$producer" "$url" "$signal" tenant-7)
    [ "$(wc --lines <<<"$ids")" = 3 ]

    : >"$folder/out" # Here, since the worker's own redirection comes at its own time.
    "$worker" "$url" "$signal" >>"$folder/out" &
    for _ in $(seq 1000); do
        [ "$(wc --lines <"$folder/out")" = 2 ] && break
        sleep 0.02
    done
    # It waits for the job that is bad.
    kill -s "$signal" $!
    wait $!
    diff "$folder/out" - <<<$'tenant-7: one\ntenant-7: three'
done

# What is wrong is told, and is a failure.
if "$producer" amqp://host mail tenant-7 2>"$folder/err"; then exit 1; fi
grep --quiet 'cannot open the queue: url scheme "amqp" is not known' "$folder/err"
if "$worker" 2>"$folder/err"; then exit 1; fi
grep --quiet 'usage: worker URL QUEUE' "$folder/err"
