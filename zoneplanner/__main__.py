"""The entry point of the program: the window without a subcommand, or the command line."""

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
        atexit.register(_exit_with_threads, status)  # registered first, so it runs last
        from zoneplanner.ui import application

        status[0] = application.run_window_command(args)
        return status[0]
    # modules and a project are many objects but no garbage: collecting while they are loaded, and
    # again when Python exits, takes an eighth of a command's time
    gc.disable()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)
    # NumPy would start a thread per processor, a tenth of a command's time, for matrices that are
    # too small to need them
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from zoneplanner import cli

    gc.freeze()
    gc.enable()
    return cli.main(args)


def _exit_with_threads(status: Sequence[int]) -> None:
    """Exit at once if stopped work is still running in a solver.

    Python would end such a thread by unwinding its stack as soon as it returns to the interpreter.
    A C++ stack cannot be unwound like that, so the program would abort.
    """
    if any(thread.daemon for thread in threading.enumerate()):
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        os._exit(status[0])


def _wants_window(args: list[str]) -> bool:
    """Return whether the arguments have no subcommand: none, window options, or just a project."""
    if not args or args[0] in _WINDOW_OPTIONS:
        return True
    if len(args) > 1 or args[0].startswith("-"):
        return False
    return is_shared_address(args[0]) or Path(args[0]).suffix == ".gpkg"


if __name__ == "__main__":
    raise SystemExit(main())
