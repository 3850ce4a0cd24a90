"""The search field for sites, zones, plans, layers and all actions of the window."""

import weakref
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton, QWidget
from shiboken6 import isValid

from zoneplanner.ui.widgets.services.search_items import (
    list_search_items,
    list_suggestions,
    rank_search_items,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext

if TYPE_CHECKING:
    from zoneplanner.ui.shell.search_destinations import SearchResultList
    from zoneplanner.ui.widgets.services.search_items import SearchItem

_MIN_LIST_PX = 540
_MAX_RECENT = 12
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


class SearchField(QLineEdit):
    """A field with a list of matches below it; Enter chooses the selected match.

    ``place_chosen`` is emitted when a site or zone was chosen. ``recent`` is the text that
    ``recent_text`` returned in the last session.
    """

    place_chosen = Signal()

    def __init__(self, desk: UiContext, recent: str = "") -> None:
        super().__init__()
        self._desk = desk
        self._list: SearchResultList | None = None
        self._sources: list[Callable[[], Iterable[SearchItem]]] = []
        self._recent = [key for key in recent.split("\n") if key]
        self._items: list[SearchItem] | None = None
        self._focus_before: weakref.ref[QWidget] | None = None
        self.setPlaceholderText("Find anything  (Ctrl+K)")
        self.setAccessibleName("Find a site, zone, plan, layer or action")
        self.setClearButtonEnabled(True)
        self.addAction(desk.icons("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        for button in self.findChildren(QToolButton):
            button.setAccessibleName("Search")
        self.textEdited.connect(self._show_matches)
        self.returnPressed.connect(self._choose)
        self.installEventFilter(self)

    @property
    def list(self) -> "SearchResultList":
        """The list of matches, created on first use."""
        if self._list is None:
            from zoneplanner.ui.shell.search_destinations import SearchResultList

            self._list = SearchResultList(self._desk.icons)
            self._list.itemClicked.connect(self._choose)
            self.destroyed.connect(self._list.deleteLater)
        return self._list

    def add_source(self, list_items: "Callable[[], Iterable[SearchItem]]") -> None:
        """Search these items too."""
        self._sources.append(list_items)

    def start(self) -> None:
        """Take the focus, select the text, and show the matches or suggestions."""
        focus = QApplication.focusWidget()
        if focus is not None and focus is not self:
            self._focus_before = weakref.ref(focus)
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()
        self._show_matches(self.text())

    def recent_text(self) -> str:
        """Return the items that were chosen last, as text to be stored."""
        return "\n".join(self._recent)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move in the list with arrow keys, and close it on Escape or when the focus is lost."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if step := _STEPS.get(Qt.Key(event.key())):
                if self._list is not None and self._list.isVisible():
                    self._list.step(step)
                else:
                    self._show_matches(self.text())
                return True
            if event.key() == Qt.Key.Key_Escape:
                self._close()
                return True
        if event.type() in (QEvent.Type.FocusOut, QEvent.Type.Hide) and self._list is not None:
            self._list.hide()
            self._items = None
        return super().eventFilter(watched, event)

    def every(self) -> "Sequence[SearchItem]":
        """Return all items, collected once each time that the list is opened."""
        if self._items is None:
            self._items = list_search_items(self._desk.bridge, self._desk.actions)
            self._items += [item for list_items in self._sources for item in list_items()]
        return self._items

    def _show_matches(self, text: str) -> None:
        items = (
            rank_search_items(text, self.every(), self._recent)
            if text.strip()
            else list_suggestions(self.every(), self._recent)
        )
        rows: list[SearchItem | str] = []
        for group, members in groupby(items, key=lambda item: item.group):
            rows += [group, *members]
        self.list.show_rows(rows or [f"Nothing matches “{text.strip()}”."])
        self._place_list()

    def _place_list(self) -> None:
        """Show the list below the field, as high as its rows but within the screen."""
        width = max(self.width(), _MIN_LIST_PX)
        corner = self.mapToGlobal(QPoint(self.width(), self.height() + 4))
        available_px = self.screen().availableGeometry().bottom() - corner.y()
        height = min(self.list.wanted_px, max(available_px, 1))
        self.list.setGeometry(corner.x() - width, corner.y(), width, height)
        self.list.show()
        self.list.raise_()

    def _choose(self, _item: object = None) -> None:
        item = self.list.selected
        if item is None:
            return
        self._close()
        self._recent = [item.key, *(key for key in self._recent if key != item.key)]
        del self._recent[_MAX_RECENT:]
        if item.unavailable_reason:
            self._desk.notices.show_notice(item.unavailable_reason)
            return
        self._desk.attempt(item.do)
        if item.place:
            self.place_chosen.emit()

    def _close(self) -> None:
        """Hide the list, and restore the focus."""
        self.list.hide()
        self._items = None
        self.clear()
        before = self._focus_before() if self._focus_before else None
        self._focus_before = None
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.clearFocus()
