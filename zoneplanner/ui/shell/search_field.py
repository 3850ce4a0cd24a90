"""The search field: sites, zones, plans, layers and everything that the window can do."""

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
    from zoneplanner.ui.shell.search_destinations import SearchResultList, SearchResultRow
    from zoneplanner.ui.widgets.services.search_items import SearchItem

_NARROWEST_LIST_PX = 540
_MOST_REMEMBERED = 12
_APART = "\n"
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


class SearchField(QLineEdit):
    """A field with a list of what fits below it; Enter takes the marked one.

    ``went`` tells that a site or a zone was chosen. ``recent`` is what was taken before, as
    ``kept`` returned it.
    """

    place_chosen = Signal()

    def __init__(self, desk: UiContext, recent: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._list: SearchResultList | None = None
        self._others: list[Callable[[], Iterable[SearchItem]]] = []
        self._recent = [key for key in recent.split(_APART) if key]
        self._every: list[SearchItem] | None = None
        self._rows: list[SearchItem | None] = []
        self._before: weakref.ref[QWidget] | None = None
        self.setPlaceholderText("Find anything  (Ctrl+K)")
        self.setAccessibleName("Find a site, zone, plan, layer or action")
        self.setClearButtonEnabled(True)
        self.addAction(desk.icons("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        for button in self.findChildren(QToolButton):
            button.setAccessibleName("Search")
        self.textEdited.connect(self._look)
        self.returnPressed.connect(self._take)
        self.installEventFilter(self)

    @property
    def list(self) -> "SearchResultList":
        """What fits, made when it is first looked for."""
        if self._list is None:
            from zoneplanner.ui.shell.search_destinations import SearchResultList

            self._list = SearchResultList(self._desk.icons)
            self._list.itemClicked.connect(self._take)
            self.destroyed.connect(self._list.deleteLater)
        return self._list

    def add_source(self, hits: "Callable[[], Iterable[SearchItem]]") -> None:
        """Find more than the session and the actions tell."""
        self._others.append(hits)

    def start(self) -> None:
        """Take the focus with all text marked, and offer what is used most."""
        before = QApplication.focusWidget()
        if before is not None and before is not self:
            self._before = weakref.ref(before)
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()
        self._look(self.text())

    def recent_text(self) -> str:
        """Return what was taken last, to be remembered."""
        return _APART.join(self._recent)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move in the list by arrow keys, close it by Escape or when the focus goes."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = _STEPS.get(Qt.Key(event.key()))
            if step and self._list is not None and self._list.isVisible():
                self._list.step(step)
                return True
            if step:
                self._look(self.text())
                return True
            if event.key() == Qt.Key.Key_Escape:
                self._close()
                return True
        if event.type() in (QEvent.Type.FocusOut, QEvent.Type.Hide) and self._list is not None:
            self._list.hide()
            self._every = None
        return super().eventFilter(watched, event)

    def every(self) -> "Sequence[SearchItem]":
        """Return all that can be found, gathered once each time that the list is opened."""

        if self._every is None:
            self._every = [*list_search_items(self._desk.bridge, self._desk.actions)]
            self._every += [hit for others in self._others for hit in others()]
        return self._every

    def _look(self, text: str) -> None:
        from zoneplanner.ui.shell.search_destinations import SearchResultRow

        every = self.every()
        hits = (
            rank_search_items(text, every, self._recent)
            if text.strip()
            else list_suggestions(every, self._recent)
        )
        rows: list[tuple[SearchItem | None, SearchResultRow]] = []
        for group, members in groupby(hits, key=lambda hit: hit.group):
            rows.append((None, SearchResultRow(group, title=True)))
            rows += [(hit, _row(hit)) for hit in members]
        if not rows:
            rows = [(None, SearchResultRow(f"Nothing matches “{text.strip()}”.", title=True))]
        self._rows = [hit for hit, _ in rows]
        self.list.show_rows([row for _, row in rows])
        self._place_list()

    def _place_list(self) -> None:
        """Stand below the field, as high as the rows and no higher than the screen."""
        width = max(self.width(), _NARROWEST_LIST_PX)
        right = self.mapToGlobal(QPoint(self.width(), self.height() + 4))
        room = self.screen().availableGeometry().bottom() - right.y()
        height = min(self.list.wanted_px, max(room, 1))
        self.list.setGeometry(right.x() - width, right.y(), width, height)
        self.list.show()
        self.list.raise_()

    def _take(self, _item: object = None) -> None:
        row = self.list.currentRow()
        hit = self._rows[row] if 0 <= row < len(self._rows) else None
        if hit is None:
            return
        self._close()
        self._recent = [hit.key, *(key for key in self._recent if key != hit.key)]
        del self._recent[_MOST_REMEMBERED:]
        if hit.unavailable_reason:
            self._desk.notices.show_notice(hit.unavailable_reason)
            return
        self._desk.attempt(hit.do)
        if hit.place:
            self.place_chosen.emit()

    def _close(self) -> None:
        """Put the list away and give the focus back to where it was."""
        self.list.hide()
        self._every = None
        self.clear()
        before = self._before() if self._before else None
        self._before = None
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.clearFocus()


def _row(hit: "SearchItem") -> "SearchResultRow":
    from zoneplanner.ui.shell.search_destinations import SearchResultRow

    state = "" if hit.on is None else "On" if hit.on else "Off"
    beside = hit.unavailable_reason or hit.beside
    return SearchResultRow(
        hit.text, beside, hit.keys, hit.icon, state, bool(hit.unavailable_reason), spoken=hit.spoken
    )
