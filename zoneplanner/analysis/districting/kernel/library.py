"""The compiled part of the search, where it has been built; everything works without it."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path

_LAYOUT = 7  # of kernel.c: a library built from another one is left alone
LIBRARY_NAME = "kernel.so" if os.name != "nt" else "kernel.dll"


@cache
def load_library() -> ctypes.CDLL | None:
    """The functions of ``kernel.c``; None where no compiler was at hand when this was installed."""
    path = Path(__file__).with_name(LIBRARY_NAME)
    try:
        library = ctypes.CDLL(str(path))
        library.kernel_layout.restype = ctypes.c_int64
        if library.kernel_layout() != _LAYOUT:
            return None
        library.walk_run.restype = library.walk_refresh.restype = None
        library.find_load_prices.restype = library.value_posts.restype = None
        library.value_near_posts.restype = None
        library.choose_zones.restype = library.solve_post.restype = ctypes.c_double
        library.improve_branch.restype = ctypes.c_double
        library.list_zones.restype = library.reduce_costs.restype = None
    except (OSError, AttributeError):
        return None
    return library


def describe_kernel() -> str:
    """Which of the two makes the plans: ``compiled`` or ``numpy``."""
    return "numpy" if load_library() is None else "compiled"
