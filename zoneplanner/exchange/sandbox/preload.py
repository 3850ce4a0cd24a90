"""The libraries that most readers need; the process that forks the readers imports this module."""

from zoneplanner.exchange.sandbox import layer_reader as _layer_reader
from zoneplanner.exchange.sandbox.process import block_frame_imports

block_frame_imports()

import openpyxl as _openpyxl  # noqa: E402
import pyogrio.raw as _raw  # noqa: E402
import pyproj as _pyproj  # noqa: E402

__all__ = ["_layer_reader", "_openpyxl", "_pyproj", "_raw"]
