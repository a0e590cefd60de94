"""The program ``fairlane``, as pip installs it."""

import signal
import sys

from . import _fairlane


def main() -> int:
    """Run the program with the arguments of this process; give its exit code."""
    if sys.argv[1:2] == ["worker"]:
        # The one command that calls Python: its signals stay Python's.
        from . import _worker_command

        return _worker_command.main(sys.argv[2:])
    # The program is native from here on and handles these itself; Python's handlers would only note
    # a signal and wait for a bytecode that never comes.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return _fairlane._cli(["fairlane", *sys.argv[1:]])
