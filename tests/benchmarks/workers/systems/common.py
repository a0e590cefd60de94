"""What all systems share: where the jobs are, what a job does, and how a module is run."""

import os
import sys
import time

STORE = os.environ.get("BENCH_STORE", "")
MARKS = os.environ.get("BENCH_MARKS", "")


def empty(mark):
    """The job. It does nothing, but the first and the last one tell when they ran."""
    if mark:
        with open(MARKS, "a") as file:
            file.write(f"{mark} {time.monotonic()}\n")


def marks(count):
    """Gives what distinguishes the jobs: the first and the last have a mark."""
    return ["first", *[""] * (count - 2), "last"]


def main(module):
    verb, number = sys.argv[1], int(sys.argv[2])
    if verb == "work":
        module["work"](number)
    else:
        module["push"](marks(number))


def become(*command):
    """Replaces this process by the worker's own command."""
    os.execvp(command[0], command)
