"""What tables tell their views beside text: sort value, key, zone color, mark, or all at once.

A column of ``WHOLE_ROLE`` is of no use cut off.
"""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as GuiQt

SORT_ROLE = Qt.ItemDataRole.UserRole + 1
KEY_ROLE = Qt.ItemDataRole.UserRole + 2
ZONE_ROLE = Qt.ItemDataRole.UserRole + 3
MARK_ROLE = Qt.ItemDataRole.UserRole + 4
TABLE_CELL_ROLE = Qt.ItemDataRole.UserRole + 5
UNCUT_COLUMN_ROLE = Qt.ItemDataRole.UserRole + 6


@dataclass(frozen=True, slots=True)
class TableCell:
    """All that is drawn of a cell, so that a view asks once and not role by role.

    ``side`` is how the text is aligned, ``zone`` a place in the palette, ``mark`` an icon's name.
    """

    text: str
    side: int
    zone: int | None = None
    mark: str | None = None


def escape_tooltip(text: str) -> str:
    """Return a tip that is read as it is written, also where Qt would take it for markup."""
    return GuiQt.convertFromPlainText(text) if GuiQt.mightBeRichText(text) else text
