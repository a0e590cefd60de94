#!/usr/bin/env bash
# Runs the blocks of a README on an installed fairlane: readme.sh PREFIX README
#
# Blocks of C, C++ and CMake are written to the file that their first line names; those of shell are run
# after that, in order. The one that installs has been run by tests/run.
set -euo pipefail
prefix=$1 readme=$(realpath "$2")

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

awk '
    /^```/ && !inside { inside = 1; kind = substr($0, 4); number++; next }
    /^```/ { inside = 0; next }
    inside { print > sprintf("%02d.%s", number, kind) }
' "$readme"

for block in [0-9]*; do
    case $block in
    *.c | *.cpp | *.cmake) cp "$block" "$(head --lines 1 "$block" | grep --only-matching '[A-Za-z]*\.[a-z]*')" ;;
    *.sh) ;;
    *)
        echo "$block is run by no test" >&2
        exit 1
        ;;
    esac
done

libraries=$(dirname "$(find "$prefix" -name libfairlane.so)")
export PKG_CONFIG_PATH=$libraries/pkgconfig LD_LIBRARY_PATH=$libraries CMAKE_PREFIX_PATH=$prefix
export CFLAGS='-Wall -Wextra -Werror' CXXFLAGS='-Wall -Wextra -Werror'
for block in [0-9]*.sh; do
    grep --quiet cinstall "$block" && continue
    echo "== $(cat "$block")"
    bash -euo pipefail "$block" >out
    cat out
done
