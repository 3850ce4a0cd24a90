"""The declared measures of a plan: what each figure is called, its unit and what it means."""

import tomllib
from dataclasses import dataclass
from typing import Literal

from zoneplanner.bundled import resources_dir

_BetterDirection = Literal["lower", "higher", "target"] | None


@dataclass(frozen=True, slots=True)
class MeasureDefinition:
    """A figure that can be shown. ``better`` says which way is good, None where neither is."""

    key: str
    name: str
    unit: str
    definition: str
    better: _BetterDirection = None


_TABLE = tomllib.loads((resources_dir() / "measures.toml").read_text(encoding="utf-8"))

MEASURES = {
    key: MeasureDefinition(key, **{"unit": "", **declared}) for key, declared in _TABLE.items()
}
"""The measures of a plan and its zones by key, from ``resources/measures.toml``."""
