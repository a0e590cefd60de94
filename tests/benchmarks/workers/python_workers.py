"""Measures workers of Python: how many empty jobs a second they get through, side by side in one run.

On Redis the jobs wait before the worker starts, and the time runs from the start of the first job to
that of the last. On SQLite one process pushes them while another works, and the time runs from the
first push: a worker that the producer keeps out of the file for a while must not gain by that. Rounds in
which the systems take turns are compared one by one; the ratios are medians.
"""

import argparse
import contextlib
import functools
import importlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
OURS = "fairlane"
REDIS = ["fairlane", "rq", "dramatiq", "celery", "huey"]
SQLITE = ["fairlane", "huey", "litequeue", "honker"]
BATCH = 500
"""How many jobs are pushed at a time, by the systems that can."""
PATIENCE = 300.0
"""How many seconds a round may take."""


def system_of(name):
    return importlib.import_module(f"systems.{name}_system")


@contextlib.contextmanager
def redis_server():
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "redis.sock"
        port = free_port()
        command = ["redis-server", "--port", str(port), "--save", "", "--unixsocket", str(path)]
        with subprocess.Popen([*command, "--dir", directory], stdout=subprocess.DEVNULL) as server:
            wait_for(path.exists)
            try:
                yield f"redis://127.0.0.1:{port}/0"
            finally:
                server.terminate()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing came within {patience} s")
        time.sleep(0.005)


class Round:
    """One system, a store of its own, and what its jobs have marked."""

    def __init__(self, name, store, directory):
        self.name = name
        self.marks = Path(directory) / f"marks-{name}-{time.monotonic_ns()}"
        self.marks.touch()
        self.environment = {
            **os.environ,
            "BENCH_STORE": store,
            "BENCH_MARKS": str(self.marks),
            "PYTHONPATH": str(HERE),
        }

    def command(self, verb, *numbers):
        return [sys.executable, "-m", f"systems.{self.name}_system", verb, *map(str, numbers)]

    def push(self, count, size):
        command = self.command("push", count, size)
        subprocess.run(command, env=self.environment, cwd=HERE, check=True)

    @contextlib.contextmanager
    def worker(self, concurrency):
        # A session of its own: what the worker starts is ended with it.
        worker = subprocess.Popen(
            self.command("work", concurrency),
            env=self.environment,
            cwd=HERE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield
        finally:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()

    def marked(self):
        return dict(line.split() for line in self.marks.read_text().splitlines())

    def time_of(self, mark):
        wait_for(lambda: mark in self.marked())
        return float(self.marked()[mark])


def on_redis(name, count, concurrency, directory):
    with redis_server() as store:
        round_ = Round(name, store, directory)
        round_.push(count, BATCH)
        with round_.worker(concurrency):
            return count / (round_.time_of("last") - round_.time_of("first"))


def on_sqlite(size, name, count, concurrency, directory):
    round_ = Round(name, str(Path(directory) / f"{name}-{time.monotonic_ns()}.db"), directory)
    round_.push(2, size)
    with round_.worker(concurrency):
        # The worker is awake when it has done these.
        round_.time_of("last")
        round_.marks.write_text("")
        round_.push(count, size)
        return count / (round_.time_of("last") - round_.time_of("begin"))


STORES = {
    "Redis": (REDIS, on_redis, 5.0),
    "SQLite": (SQLITE, functools.partial(on_sqlite, 1), 3.0),
    "SQLite, pushed in batches": (SQLITE, functools.partial(on_sqlite, BATCH), 3.0),
}


def measure(store, rounds, count, concurrency, directory):
    names, run, _ = STORES[store]
    rates = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            rates[name].append(run(name, count, concurrency, directory))
            print(f"{store}: {name} {rates[name][-1]:,.0f} jobs/s", file=sys.stderr)
    return rates


def show(store, rates):
    """Prints the table; tells whether all bounds hold."""
    bound, holds = STORES[store][2], True
    print(f"\n| {store} | version | jobs/s | fairlane's rate over it | bound | | how |")
    print("|---|---|---:|---:|---:|---|---|")
    for name, theirs in rates.items():
        system = system_of(name)
        ratio = statistics.median(ours / other for ours, other in zip(rates[OURS], theirs))
        cells = ["-", "-", ""]
        if name != OURS:
            holds = holds and ratio >= bound
            cells = [f"{ratio:.1f}x", f">= {bound:.0f}x", "pass" if ratio >= bound else "FAIL"]
        rate = f"{statistics.median(theirs):,.0f}"
        print("|", " | ".join([system.NAME, system.VERSION, rate, *cells, system.HOW]), "|")
    return holds


def draw(results, path):
    """Draws the medians as bars."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(results), figsize=(5 * len(results), 3), squeeze=False)
    for plot, (store, rates) in zip(axes[0], results.items()):
        names = [system_of(name).NAME for name in reversed(rates)]
        values = [statistics.median(rates[name]) for name in reversed(rates)]
        plot.bar_label(plot.barh(names, values), fmt="{:,.0f}", padding=3)
        plot.set_title(f"{store}: empty jobs a second")
        plot.margins(x=0.15)
    figure.tight_layout()
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--directory", default=".", help="where the files are put")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=20_000, help="jobs a round and system")
    parser.add_argument("--concurrency", type=int, default=4, help="jobs at once on Redis")
    parser.add_argument("--store", choices=list(STORES), help="measure this one alone")
    parser.add_argument("--chart", help="draw the medians into this SVG file")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument(
        "--strict", action="store_true", help="exit with 1 if a bound does not hold"
    )
    arguments = parser.parse_args()
    rounds, jobs = (2, 3_000) if arguments.quick else (arguments.rounds, arguments.jobs)
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=arguments.directory) as directory:
        stores = [arguments.store] if arguments.store else list(STORES)
        results = {
            store: measure(store, rounds, jobs, arguments.concurrency, Path(directory).resolve())
            for store in stores
        }
    held = [show(store, rates) for store, rates in results.items()]
    if arguments.chart:
        draw(results, arguments.chart)
    return 1 if arguments.strict and not all(held) else 0


if __name__ == "__main__":
    sys.exit(main())
