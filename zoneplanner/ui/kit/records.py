"""What can be done with a record of the log, wherever it is listed."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, eq=False, slots=True)
class RecordActions:
    """Opens the form that corrects a record, by kind and uid; asks why it is voided; shows it.

    ``end`` asks who gave the all-clear of a response action.
    """

    correct: Callable[[str, str], object]
    void: Callable[[str], object]
    history: Callable[[str], object]
    end: Callable[[str], object]
