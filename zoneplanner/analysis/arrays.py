"""Names for the array types of this package, and arrays of bytes and objects."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def unpack_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays in an npz file's bytes; invalid bytes are a ValueError.

    Nothing in it is executed. The caller checks shapes and types.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return dict(arrays)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, TypeError) as error:
        # only from NumPy and zipfile: truncated, encrypted, compressed in a way we never use, or a
        # single unnamed array
        raise ValueError(str(error)) from error


def to_object_array(values: Sequence[Any]) -> NDArray[np.object_]:
    """Return geometries as an array of objects of shape (values,).

    NumPy would otherwise try to unpack them.
    """
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
