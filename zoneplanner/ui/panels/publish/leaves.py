"""Exactly what leaves for an audience, and what stays: fields and layers, from the whitelists."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem

from zoneplanner.publish.audience import FIELD_RELEASES, LAYER_RELEASES, find_audience
from zoneplanner.ui.kit.icons import Icons
from zoneplanner.ui.kit.theme import Theme, make_strong_font


class IncludedList(QListWidget):
    """Two lists: what leaves, and what stays in the house; ``rows`` are their texts."""

    def __init__(self, icons: Icons, theme: Theme) -> None:
        super().__init__()
        self._icons, self._theme = icons, theme
        self._key = ""
        self.rows: tuple[list[str], list[str]] = ([], [])
        self.setWordWrap(True)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setSpacing(1)
        self.setIconSize(QSize(14, 14))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("What leaves for this audience, and what stays")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_audience(self, key: str) -> None:
        """List what an audience gets and what it does not."""
        self._key = key
        self.clear()
        both = [*((one, "") for one in FIELD_RELEASES), *((one, "Map: ") for one in LAYER_RELEASES)]
        self.rows = (
            [f"{word}{one.title}" for one, word in both if key in one.audiences],
            [
                *(f"{word}{one.title}" for one, word in both if key not in one.audiences),
                "Anything that is not named in this list",
            ],
        )
        self._group(f"Leaves for {find_audience(key).title.lower()}", self.rows[0], "check", "good")
        self._group("Stays here", self.rows[1], "lock", "muted")

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        if self._key:
            self.show_audience(self._key)

    def _group(self, title: str, texts: list[str], icon: str, colour: str) -> None:
        head = QListWidgetItem(title)
        head.setFont(make_strong_font())
        head.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.addItem(head)
        for text in texts:
            row = QListWidgetItem(self._icons(icon, colour), text)
            if colour == "muted":
                row.setForeground(QColor(self._theme.muted))
            self.addItem(row)
