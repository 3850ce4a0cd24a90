"""The door of the program: the window without a subcommand, the command line with one."""

import atexit
import gc
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from zoneplanner.app.desk.project_location import is_shared_address

_OBJECTS_BETWEEN_COLLECTIONS = 100_000
_WINDOW_OPTIONS = ("--picture", "--size", "--theme")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status."""
    args = list(sys.argv[1:] if argv is None else argv)
    if _wants_window(args):
        status = [1]
        atexit.register(_leave_threads, status)  # first, so that it is the last to run
        from zoneplanner.ui import application

        status[0] = application.run_window_command(args)
        return status[0]
    # modules and a project are many objects and no garbage: looking for it while they are loaded,
    # and once more when Python ends, takes an eighth of a command
    gc.disable()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)
    # NumPy would start a thread a processor, a tenth of the time of a command, for matrices that
    # are too small to need it
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from zoneplanner import cli

    gc.freeze()
    gc.enable()
    return cli.main(args)


def _leave_threads(status: Sequence[int]) -> None:
    """End at once where work that was stopped is still in a solver.

    Python ends such a thread as soon as it comes back for the interpreter, by unwinding its stack;
    that of C++ does not let itself be unwound and aborts the program.
    """
    if any(thread.daemon for thread in threading.enumerate()):
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        os._exit(status[0])


def _wants_window(args: list[str]) -> bool:
    """True without a subcommand: nothing, window options, or just a project."""
    if not args or args[0] in _WINDOW_OPTIONS:
        return True
    if len(args) > 1 or args[0].startswith("-"):
        return False
    return is_shared_address(args[0]) or Path(args[0]).suffix == ".gpkg"


if __name__ == "__main__":
    raise SystemExit(main())
