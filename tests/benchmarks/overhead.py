"""What a host costs over the core: the same loops, in memory, taking turns; for the scripts of hosts."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
NAMES = {
    "one": "push + pop + complete, one by one",
    "batch": "push + pop + complete, in batches of 100",
}
ROUNDS = {"one": "20000", "batch": "500"}

Command = Sequence[str | Path]


def run(*command: str | Path) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout


def core_loop() -> Command:
    """Builds the loops on the core itself."""
    run("cargo", "build", "--release", "--package", "fairlane-c", "--example", "core_loop")
    return [ROOT / "target/release/examples/core_loop"]


def compare(host: str, loop: Command, bounds: dict[str, float]) -> None:
    """Prints a row for each kind of work; with `--strict` on the command line a bound that does not
    hold is a failure, with `--quick` there are fewer turns.

    `loop` takes the kind of work and the number of rounds, and prints the CPU nanoseconds of a job.
    """
    core = core_loop()
    turns = 9 if "--quick" in sys.argv else 41
    print(f"| memory, CPU of a job | {host} | Rust core | ratio | bound | |")
    print("|---|---:|---:|---:|---|---|")
    held = [measure(core, loop, work, turns, bound) for work, bound in bounds.items()]
    if "--strict" in sys.argv and not all(held):
        sys.exit(1)


def measure(core: Command, loop: Command, work: str, turns: int, bound: float) -> bool:
    pairs = []
    for turn in range(turns):
        order = [0, 1] if turn % 2 == 0 else [1, 0]
        times = {side: int(run(*(core, loop)[side], work, ROUNDS[work])) for side in order}
        pairs.append((times[0], times[1]))
    ratio = median(other / core for core, other in pairs)
    core_time, time = (median(times) / 1000 for times in zip(*pairs, strict=True))
    holds = ratio <= bound
    print(
        f"| {NAMES[work]} | {time:.2f} us | {core_time:.2f} us | {ratio:.3f}x "
        f"| <= {bound}x | {'pass' if holds else 'FAIL'} |"
    )
    return holds
