"""Tasks for the guarded process that say how it stands; they load nothing of their own."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path


def tell_of_process(_copy: Path, _name: str) -> Iterator[tuple[int, bool]]:
    """Which process started it, and whether what reads layers was loaded."""
    yield os.getppid(), "pyogrio.raw" in sys.modules


def look_up_missing_key(_copy: Path, _name: str) -> Iterator[str]:
    """Fail as a reader with a bug would."""
    facts: dict[str, str] = {}
    yield facts["missing"]


def parse_word_as_number(copy: Path, _name: str) -> Iterator[float]:
    """Fail as a reader does on a damaged file."""
    yield float(f"damaged {copy}")
