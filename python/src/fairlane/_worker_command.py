"""``fairlane worker module:name``: works off a queue by a handler, or by a worker, of a program's own."""

import argparse
import asyncio
import functools
import importlib
import inspect
import logging
import os
import shlex
import sys
from typing import Any

from . import aio
from ._fairlane import DEFAULT_LEASE, Queue
from .errors import Error
from .worker import Worker

logger = logging.getLogger("fairlane.worker")

STOP_TIMEOUT = 30
"""How many seconds handlers have to finish after a signal, and after a change of files."""


class Refusal(Exception):  # noqa: N818 - what the command line is told
    """Why there is nothing to run."""


def main(arguments: list[str]) -> int:
    """Run the command with these arguments; give its exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # As `python -m` does: the module is looked for where the command was called.
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        if given.reload:
            return _reload(arguments)
        _work(given)
    except Refusal as refusal:
        parser.error(str(refusal))
    except Error as error:
        print(f"fairlane: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fairlane worker",
        description="Call a Python function with the jobs of a queue, until SIGINT or SIGTERM: then "
        f"handlers have {STOP_TIMEOUT} seconds to finish, or until a second signal.",
    )
    parser.add_argument(
        "target",
        metavar="MODULE:NAME",
        help="a handler, plain or async, or a Worker or aio.Worker, which has its own options",
    )
    # Those of the other commands, with their defaults.
    parser.add_argument(
        "-u",
        "--url",
        metavar="URL",
        help="the store of a handler's queue (FAIRLANE_URL, fairlane.db)",
    )
    parser.add_argument(
        "-q", "--queue", metavar="NAME", help="a handler's queue (FAIRLANE_QUEUE, default)"
    )
    parser.add_argument(
        "--concurrency", metavar="COUNT", type=int, help="how many jobs run at once"
    )
    parser.add_argument(
        "--lease",
        metavar="SECONDS",
        type=float,
        help="how long after this process died its jobs come again at the latest "
        f"(default: {DEFAULT_LEASE:g})",
    )
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=float, help="give up a handler that takes longer"
    )
    parser.add_argument(
        "--max-jobs",
        metavar="COUNT",
        type=int,
        help="end when that many jobs have begun, and have ended",
    )
    parser.add_argument(
        "--until-empty",
        action="store_true",
        default=None,
        help="end when no job of the queue is ready, delayed or in flight with any worker any more",
    )
    parser.add_argument(
        "--reload",
        action="store_true",
        help="start anew when a Python file below this folder changes; needs fairlane[reload]",
    )
    return parser


def _work(given: argparse.Namespace) -> None:
    target = _find(given.target)
    names = ("concurrency", "lease", "timeout", "max_jobs", "until_empty")
    options = {name: getattr(given, name) for name in names if getattr(given, name) is not None}
    if isinstance(target, Worker | aio.Worker):
        if options or given.url or given.queue:
            raise Refusal(f"{given.target} is a worker, which has its own queue and options")
        logger.info("%s works", given.target)
        if isinstance(target, Worker):
            target.run(STOP_TIMEOUT)
        else:
            asyncio.run(target.run(STOP_TIMEOUT))
    elif not callable(target):
        raise Refusal(f"{given.target} is {target!r}: accepted are functions of a job and workers")
    else:
        url = given.url or os.environ.get("FAIRLANE_URL", "fairlane.db")
        name = given.queue or os.environ.get("FAIRLANE_QUEUE", "default")
        logger.info("%s works off queue %r", given.target, name)
        if _is_async(target):
            asyncio.run(_work_async(url, name, target, options))
        else:
            with Queue(url, name) as queue:
                Worker(queue, target, **options).run(STOP_TIMEOUT)
    logger.info("%s has stopped", given.target)


async def _work_async(url: str, name: str, handler: Any, options: dict[str, Any]) -> None:
    async with aio.Queue(url, name) as queue:
        await aio.Worker(queue, handler, **options).run(STOP_TIMEOUT)


def _find(target: str) -> Any:
    module, _, name = target.partition(":")
    if not module or not name:
        raise Refusal(f"{target!r} is not accepted: accepted is MODULE:NAME")
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        # One that the module itself misses is shown where it is missing.
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        raise Refusal(f"module {module!r} is not there") from None
    try:
        return functools.reduce(getattr, name.split("."), found)
    except AttributeError:
        raise Refusal(f"module {module!r} has no {name!r}") from None


def _is_async(handler: Any) -> bool:
    """Tells whether a function, or an object that is called as one, is to be awaited."""
    call = getattr(handler, "__call__", None)  # noqa: B004 - the method is wanted
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(call)


def _reload(arguments: list[str]) -> int:
    try:
        import watchfiles
    except ModuleNotFoundError:
        raise Refusal(
            "--reload needs the package watchfiles: pip install fairlane[reload]"
        ) from None
    kept = [argument for argument in arguments if argument != "--reload"]
    watchfiles.run_process(
        ".",
        target=shlex.join([sys.executable, "-m", "fairlane", "worker", *kept]),
        target_type="command",
        watch_filter=watchfiles.PythonFilter(),
        callback=lambda changes: logger.info("%d files changed: starting anew", len(changes)),
        sigint_timeout=STOP_TIMEOUT,
    )
    return 0
