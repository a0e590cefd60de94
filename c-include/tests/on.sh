#!/usr/bin/env bash
# Runs a program on a fresh store, whose URL is its last argument: on.sh memory|file|redis PROGRAM [ARGUMENT...]
set -euo pipefail
store=$1
shift

folder=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then
        kill "$server" && wait "$server" || true
    fi
    rm -rf "$folder"
}
trap finish EXIT

case $store in
memory) url=memory: ;;
file) url=$folder/jobs.db ;;
redis)
    redis-server --port 0 --unixsocket "$folder/socket" --save '' --dir "$folder" \
        --logfile "$folder/log" &
    server=$!
    for _ in $(seq 500); do
        redis-cli -s "$folder/socket" ping >/dev/null 2>&1 && break
        sleep 0.02
    done
    url=redis+unix://$folder/socket
    ;;
esac
"$@" "$url"
