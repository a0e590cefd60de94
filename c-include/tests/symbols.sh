#!/usr/bin/env bash
# Holds what the library exports against what the header declares, and looks at the name by which
# programs ask for it: symbols.sh LIBRARY HEADER
set -euo pipefail
exported=$(nm --dynamic --defined-only --extern-only "$1" | awk '{ print $3 }' | sort)
declared=$(grep --only-matching --extended-regexp '^[a-z].*\bfairlane_[a-z_]+\(' "$2" |
    grep --only-matching --extended-regexp 'fairlane_[a-z_]+\($' | tr --delete '(' | sort)
diff <(echo "$exported") <(echo "$declared")
echo "$(wc --lines <<<"$declared") functions"
readelf --dynamic "$1" | grep SONAME | grep --fixed-strings '[libfairlane.so.0.1]'
