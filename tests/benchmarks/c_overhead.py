"""What the C interface costs over the core: the same loops, in memory, taking turns.

Needs cargo-c and a C compiler; builds both in the release profile. `--quick` takes fewer turns.
"""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
PREFIX = ROOT / "target" / "benchmarks-c"
BOUNDS = {"one": 1.05, "batch": 1.2}
NAMES = {
    "one": "push + pop + complete, one by one",
    "batch": "push + pop + complete, in batches of 100",
}


def run(*command: str | Path) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout


def build() -> tuple[Path, Path]:
    """Builds the two programs. They are built apart: cargo-c has flags of its own."""
    run("cargo", "cinstall", "--package", "fairlane-c", "--prefix", PREFIX, "--libdir", "lib")
    run("cargo", "build", "--release", "--package", "fairlane-c", "--example", "core_loop")
    through_c = PREFIX / "c_loop"
    libraries = PREFIX / "lib"
    run(
        *("cc", "-O2", "-std=c99", f"-I{PREFIX}/include", ROOT / "tests/benchmarks/c_loop.c"),
        *(f"-L{libraries}", f"-Wl,-rpath,{libraries}", "-lfairlane", "-o", through_c),
    )
    return ROOT / "target/release/examples/core_loop", through_c


def measure(core: Path, through_c: Path, work: str, turns: int) -> bool:
    rounds = {"one": "20000", "batch": "500"}[work]
    pairs = []
    for turn in range(turns):
        order = [core, through_c] if turn % 2 == 0 else [through_c, core]
        times = {program: int(run(program, work, rounds)) for program in order}
        pairs.append((times[core], times[through_c]))
    ratio = median(c / core for core, c in pairs)
    core_time, c_time = (median(times) / 1000 for times in zip(*pairs, strict=True))
    holds = ratio <= BOUNDS[work]
    print(
        f"| {NAMES[work]} | {c_time:.2f} us | {core_time:.2f} us | {ratio:.3f}x "
        f"| <= {BOUNDS[work]}x | {'pass' if holds else 'FAIL'} |"
    )
    return holds


def main() -> None:
    turns = 9 if "--quick" in sys.argv else 41
    programs = build()
    print("| memory, CPU of a job | C | Rust core | ratio | bound | |\n|---|---:|---:|---:|---|---|")
    os.environ.pop("LD_LIBRARY_PATH", None)
    held = [measure(*programs, work, turns) for work in BOUNDS]
    if "--strict" in sys.argv and not all(held):
        sys.exit(1)


if __name__ == "__main__":
    main()
