"""Sentences that the window and the command line share."""

from collections.abc import Collection


def format_proof(gap: float, *, proven: bool) -> str:
    """Say what a proof means, in plain words."""
    if proven:
        return "No better split exists."
    shown = max(gap, 0.0005)
    return f"At most {shown * 100:.1f} % better is possible."


def make_unique_name(name: str, taken: Collection[str]) -> str:
    """Return the name, or the name with the first number that makes it new."""
    if name not in taken:
        return name
    place = 2
    while f"{name} {place}" in taken:
        place += 1
    return f"{name} {place}"
