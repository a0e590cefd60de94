#!/usr/bin/env bash
# Holds what the library exports against what the header declares: symbols.sh LIBRARY HEADER
set -euo pipefail
exported=$(nm --dynamic --defined-only --extern-only "$1" | awk '{ print $3 }' | sort)
declared=$(grep --only-matching --extended-regexp '^[a-z].*\bfairlane_[a-z_]+\(' "$2" |
    grep --only-matching --extended-regexp 'fairlane_[a-z_]+\($' | tr --delete '(' | sort)
diff <(echo "$exported") <(echo "$declared")
echo "$declared" | wc --lines
