"""Names for the arrays that functions of this package take and give back."""

import io
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def unpack_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of the bytes of an npz file; bytes that are none are a ValueError.

    Nothing in it is run. Shapes and types are whatever was written: the reader checks them.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            return dict(found)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, TypeError) as error:
        # of NumPy and zipfile alone: torn, packed in ways or with a password that none of ours has,
        # or one array without a name
        raise ValueError(str(error)) from error
