#!/usr/bin/env bash
# Builds and runs the blocks of C in a README that has others, too: quick_start.sh PREFIX README
set -euo pipefail
prefix=$1 readme=$(realpath "$2")

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
libraries=$(dirname "$(find "$prefix" -name libfairlane.so)")
export PKG_CONFIG_PATH=$libraries/pkgconfig LD_LIBRARY_PATH=$libraries

awk '/^```c$/ { inside = 1; number++; next } /^```/ { inside = 0 } inside { print > number ".c" }' "$readme"
for block in *.c; do
    # shellcheck disable=SC2046
    cc -std=c99 -Wall -Wextra -Werror -pedantic "$block" $(pkg-config --cflags --libs fairlane) -o program
    ./program
done
