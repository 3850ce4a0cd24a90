"""A choice of a site by typing part of its name."""

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtWidgets import QComboBox, QCompleter

from zoneplanner.domain.locale_formats import split_numbers
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.forms import (
    PartBox,
    PartLine,
    list_while_typing,
    with_missing,
)
from zoneplanner.ui.widgets.inputs.match_field import MATCHES_CONTEXT, rank_names
from zoneplanner.ui.widgets.style.theme import make_heading_font, make_strong_font

_Index = QModelIndex | QPersistentModelIndex


class SiteComboBox(PartBox):
    """A site's name in large letters; Enter and Tab choose the best match of the typed text."""

    def __init__(self) -> None:
        super().__init__()
        self._matches = _MatchingSites(self)
        line = PartLine(self)
        self.setLineEdit(line)
        line.setFont(make_heading_font())
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setCompleter(_UnfilteredCompleter(self._matches, self))
        list_while_typing(self)
        self._typed = ""
        line.textEdited.connect(self._list_matches)

    def _list_matches(self, typed: str) -> None:
        self._typed = typed
        self._matches.show_rows(self.find_matches())

    def take_keys(self) -> None:
        """Focus the box and select its text, so that typing replaces it."""
        self.setFocus(Qt.FocusReason.TabFocusReason)
        if (line := self.lineEdit()) is not None:
            length = len(line.text())
            line.setSelection(length, -length)  # backwards, to show the beginning of a long name

    def find_matches(self) -> list[int]:
        """Return the rows of the sites that match the typed text, best first."""
        names = [self.itemText(row) for row in range(self.count())]
        return rank_names(self.currentText(), names, above=MATCHES_CONTEXT)

    def list_matches(self) -> list[str]:
        """Return the names of the sites that match the typed text, best first."""
        return [self.itemText(row) for row in self.find_matches()]

    def show_match(self, *, by_mouse: bool = False) -> bool:
        """Show the best match in full; a click chooses none of several matches unseen."""
        if self.currentIndex() >= 0 and self.currentText() == self.itemText(self.currentIndex()):
            return False
        matches = self.find_matches()
        if not matches or (by_mouse and len(matches) > 1):
            return False
        is_whole_name, self._typed = self._typed == self.itemText(matches[0]), ""
        return self.show_choice(matches[0]) or is_whole_name


class _MatchingSites(QSortFilterProxyModel):
    """The sites that match the typed text, best first; the first, which Enter chooses, is bold."""

    def __init__(self, box: QComboBox) -> None:
        super().__init__(box)
        self._rank: dict[int, int] = {}
        self.setSourceModel(box.model())

    def show_rows(self, rows: list[int]) -> None:
        """List these rows of the box in this order."""
        self._rank = {row: rank for rank, row in enumerate(rows)}
        self.invalidate()
        self.sort(0)

    def filterAcceptsRow(self, source_row: int, source_parent: _Index) -> bool:
        """Return whether a row is listed."""
        return source_row in self._rank

    def lessThan(self, source_left: _Index, source_right: _Index) -> bool:
        """Compare two rows by rank."""
        return self._rank.get(source_left.row(), 0) < self._rank.get(source_right.row(), 0)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a bold font for the first row."""
        if role == Qt.ItemDataRole.FontRole and index.row() == 0:
            return make_strong_font()
        return super().data(index, role)


class _UnfilteredCompleter(QCompleter):
    """Lists its whole model, which contains only matches."""

    def splitPath(self, path: str) -> list[str]:
        """Return an empty prefix, which every name begins with."""
        return [""]


def make_site_combo_box(project: Project, chosen: str | None) -> SiteComboBox:
    """Return a choice of the project's sites by typing."""
    box = SiteComboBox()
    sites = sorted(project.sites.values(), key=lambda site: split_numbers(site.name))
    for key, name in with_missing({site.id: site.name for site in sites}, chosen).items():
        box.addItem(name, key)
    box.setCurrentIndex(box.findData(chosen) if chosen else -1)
    if (line := box.lineEdit()) is not None:
        line.setCursorPosition(0)
    box.set_width(24)
    return box


def read_chosen_site(box: SiteComboBox, needed: str) -> str:
    """Return the id of the site that a box shows, or "" for none.

    Raises
    ------
    UserError
        The text is not a site or matches several, or the box is empty although ``needed`` explains
        why a site is required.
    """
    text, index = box.currentText().strip(), box.currentIndex()
    if index >= 0 and text == box.itemText(index):
        return str(box.currentData())
    rows = [row for row in range(box.count()) if box.itemText(row).casefold() == text.casefold()]
    if len(rows) == 1:  # a whole name counts even if other names begin with it
        return str(box.itemData(rows[0]))
    if matches := box.list_matches():
        raise UserError("unknown_site.several", site=text, sites=matches)
    if text:
        raise UserError("unknown_site.no_fit", text=text)
    if needed:
        raise UserError("site_needed", needed=needed)
    return ""
