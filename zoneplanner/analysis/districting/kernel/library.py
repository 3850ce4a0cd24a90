"""The compiled part of the search, if it has been built; everything works without it."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path

import numpy as np

from zoneplanner.analysis.districting.coordinate_costs import CoordinateCosts, Costs

_LAYOUT = 8  # of kernel.c: a library with another layout is not used
LIBRARY_NAME = "kernel.so" if os.name != "nt" else "kernel.dll"


@cache
def load_library() -> ctypes.CDLL | None:
    """Return the functions of ``kernel.c``, or None if they were not compiled."""
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


def make_pointer(array: np.ndarray) -> ctypes.c_void_p:
    """Return a pointer to an array's data; the caller keeps the array alive."""
    return ctypes.c_void_p(array.ctypes.data)


class CostStruct(ctypes.Structure):
    """The struct ``Costs`` of ``kernel.c``; ``arrays`` keeps its pointers' targets alive."""

    _fields_ = (
        ("sites", ctypes.c_int64),
        ("straight", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("table", "trips", "x", "y")),
        ("fixed_min", ctypes.c_double),
        ("m_per_min", ctypes.c_double),
    )

    def __init__(self, cost: Costs) -> None:
        if isinstance(cost, CoordinateCosts):
            self.arrays = {"trips": cost.trips, "x": cost.xy_m[:, 0], "y": cost.xy_m[:, 1]}
            numbers = {"fixed_min": cost.fixed_min, "m_per_min": cost.m_per_min}
        else:
            self.arrays, numbers = {"table": cost}, {}
        self.arrays = {name: np.ascontiguousarray(each) for name, each in self.arrays.items()}
        pointers = {name: each.ctypes.data for name, each in self.arrays.items()}
        straight = isinstance(cost, CoordinateCosts) and cost.straight
        super().__init__(sites=len(cost), straight=straight, **numbers, **pointers)


def describe_kernel() -> str:
    """Return which implementation makes the plans: ``compiled`` or ``numpy``."""
    return "numpy" if load_library() is None else "compiled"
