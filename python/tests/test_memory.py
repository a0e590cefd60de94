"""A million operations leave the memory of the process as it was."""

import subprocess
import sys

# In a process of its own, whose memory is nobody else's. Each round has every kind of call, errors
# and waits among them.
PROGRAM = """
import gc
import os
from pathlib import Path

import fairlane

queue = fairlane.Queue("memory:", "q")
payload = bytes(100)


def round():
    for _ in range(200):
        queue.push(payload, lane="lane")
    queue.push_many([fairlane.NewJob({"to": "ada"}, lane="lane") for _ in range(200)])
    for _ in range(200):
        job = queue.pop()
        assert len(job.payload) > 0
        queue.mark_complete(job)
    queue.mark_complete_many(queue.pop_many(200))
    for _ in range(10):
        try:
            queue.mark_complete(job)
        except fairlane.StaleTokenError as error:
            str(error)
    assert queue.size() == 0
    assert queue.pop(wait=0.001) is None


def rounds(count):
    for _ in range(count):
        round()
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


# 1,212 operations a round.
before = rounds(410)
after = rounds(830)
print(before, after)
"""


def test_a_million_operations_leave_the_memory_flat() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    before, after = map(float, done.stdout.split())
    print(f"{before:.1f} MiB after 500,000 operations, {after:.1f} MiB after another million")
    assert after - before <= 5
