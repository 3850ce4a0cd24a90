"""Other programs beside ours: what is installed, and how long a call takes."""

import time
from collections.abc import Callable
from importlib.util import find_spec


def missing(*names: str) -> str:
    """Return the packages that are not installed, in words; empty if all are."""
    gone = [name for name in names if find_spec(name) is None]
    return f"{', '.join(gone)} not installed (pip install .[bench])" if gone else ""


def spent(run: Callable[[], object]) -> tuple[float, float, object]:
    """Return seconds on the wall, seconds of processor, and what a call returns."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = run()
    return time.perf_counter() - wall, time.process_time() - cpu, found
