"""Which other programs are installed, and how long a call takes."""

import time
from collections.abc import Callable
from importlib.util import find_spec


def name_missing(*names: str) -> str:
    """Name the packages that are not installed; empty if all are."""
    gone = [name for name in names if find_spec(name) is None]
    return f"{', '.join(gone)} not installed (pip install .[bench])" if gone else ""


def measure_run(run: Callable[[], object]) -> tuple[float, float, object]:
    """Return the wall time, the processor time and the result of a call."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = run()
    return time.perf_counter() - wall, time.process_time() - cpu, found
