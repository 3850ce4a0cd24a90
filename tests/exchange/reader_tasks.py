"""Tasks that report on the guarded process; they import nothing themselves."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path


def report_process(_copy: Path, _name: str) -> Iterator[tuple[int, bool]]:
    """Yield the parent process and whether the layer reader's library is loaded."""
    yield os.getppid(), "pyogrio.raw" in sys.modules


def look_up_missing_key(_copy: Path, _name: str) -> Iterator[str]:
    """Fail as a reader with a bug would."""
    facts: dict[str, str] = {}
    yield facts["missing"]


def parse_word_as_number(copy: Path, _name: str) -> Iterator[float]:
    """Fail as a reader does on a damaged file."""
    yield float(f"damaged {copy}")
