#!/usr/bin/env bash
# Links the static library beside another one that is written in Rust: static.sh PREFIX
set -euo pipefail
libraries=$(dirname "$(find "$1" -name libfairlane.a)")

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >other.rs <<'RUST'
#[unsafe(no_mangle)]
pub extern "C" fn other_length(number: i32) -> i32 {
    std::panic::catch_unwind(|| format!("{number}").len() as i32).unwrap_or(-1)
}
RUST
cat >both.c <<'C'
#include <fairlane.h>
int other_length(int number);
int main(void) {
  fairlane_queue *queue;
  if (fairlane_queue_open("memory:", FAIRLANE_STRLEN, "x", FAIRLANE_STRLEN, NULL, &queue, NULL)) return 1;
  fairlane_queue_free(&queue);
  return other_length(12345) != 5 || fairlane_panic("x", 1, NULL) != FAIRLANE_INTERNAL;
}
C
rustc --edition 2024 --crate-type staticlib other.rs
needed=$(PKG_CONFIG_PATH=$libraries/pkgconfig pkg-config --static --libs-only-l fairlane)
for order in "$libraries/libfairlane.a libother.a" "libother.a $libraries/libfairlane.a"; do
    # shellcheck disable=SC2086
    cc -std=c99 -I"$1/include" both.c $order ${needed/-lfairlane/} -o both
    ./both
done
