"""A site in a form, found by a part of its name as everywhere."""

from PySide6.QtCore import (
    QModelIndex,
    QObject,
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
from zoneplanner.ui.widgets.inputs.match_field import BESIDE, rank_names
from zoneplanner.ui.widgets.style.theme import make_heading_font, make_strong_font

_Index = QModelIndex | QPersistentModelIndex


class SiteComboBox(PartBox):
    """A site, in large letters; of several that fit Enter and Tab take the first that is listed."""

    def __init__(self) -> None:
        super().__init__()
        self._fitting = _FittingSites(self)
        line = PartLine(self)
        self.setLineEdit(line)
        line.setFont(make_heading_font())
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setCompleter(_FittingCompleter(self._fitting, self))
        list_while_typing(self)
        self._typed = ""
        line.textEdited.connect(self._fit)

    def _fit(self, typed: str) -> None:
        self._typed = typed
        self._fitting.fit(self.find_fitting())

    def take_keys(self) -> None:
        """Begin here: what is offered is selected, so that letters take its place."""
        self.setFocus(Qt.FocusReason.TabFocusReason)
        if (line := self.lineEdit()) is not None:
            wide = len(line.text())
            line.setSelection(wide, -wide)  # the beginning of a long name is what is seen of it

    def find_fitting(self) -> list[int]:
        """Return the rows of the sites that fit what is typed, the best first."""
        names = [self.itemText(at) for at in range(self.count())]
        return rank_names(self.currentText(), names, least=BESIDE)

    def list_fitting(self) -> list[str]:
        """Return the names of the sites that fit what is typed, the best first."""
        return [self.itemText(at) for at in self.find_fitting()]

    def show_fitting(self, *, by_mouse: bool = False) -> bool:
        """Show in full the site that fits best; of several a click takes none unseen."""
        if self.currentIndex() >= 0 and self.currentText() == self.itemText(self.currentIndex()):
            return False
        fitting = self.find_fitting()
        if not fitting or (by_mouse and len(fitting) > 1):
            return False
        whole, self._typed = self._typed == self.itemText(fitting[0]), ""
        return self.show_choice(fitting[0]) or whole  # a whole name that was typed is shown, too


class _FittingSites(QSortFilterProxyModel):
    """The sites that fit what is typed, the best first; it stands out, since Enter takes it."""

    def __init__(self, box: QComboBox) -> None:
        super().__init__(box)
        self._rank: dict[int, int] = {}
        self.setSourceModel(box.model())

    def fit(self, rows: list[int]) -> None:
        """List these rows of the box in their order."""
        self._rank = {row: at for at, row in enumerate(rows)}
        self.invalidate()
        self.sort(0)

    def filterAcceptsRow(self, source_row: int, source_parent: _Index) -> bool:
        """Keep what fits."""
        return source_row in self._rank

    def lessThan(self, source_left: _Index, source_right: _Index) -> bool:
        """Put what fits better first."""
        return self._rank.get(source_left.row(), 0) < self._rank.get(source_right.row(), 0)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Draw the first one in strong letters."""
        if role == Qt.ItemDataRole.FontRole and index.row() == 0:
            return make_strong_font()
        return super().data(index, role)


class _FittingCompleter(QCompleter):
    """Lists all that is in its model: what fits was found before."""

    def __init__(self, fitting: _FittingSites, parent: QObject) -> None:
        super().__init__(fitting, parent)

    def splitPath(self, path: str) -> list[str]:
        """Take every name for a completion of what is typed."""
        return [""]


def make_site_combo_box(project: Project, chosen: str | None) -> SiteComboBox:
    """Return a choice of the project's sites, found by typing."""
    box = SiteComboBox()
    sites = sorted(project.sites.values(), key=lambda site: split_numbers(site.name))
    for key, name in with_missing({site.id: site.name for site in sites}, chosen).items():
        box.addItem(name, key)
    box.setCurrentIndex(box.findData(chosen) if chosen else -1)
    if (line := box.lineEdit()) is not None:
        line.setCursorPosition(0)
    box.setMinimumContentsLength(24)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box


def read_chosen_site(box: SiteComboBox, needed: str) -> str:
    """Return the id of the site that a box shows, "" for none where none is ``needed``.

    Raises
    ------
    UserError
        What is written is no site, or several fit it; or the sentence is ``needed``.
    """
    text, at = box.currentText().strip(), box.currentIndex()
    if at >= 0 and text == box.itemText(at):
        return str(box.currentData())
    rows = [one for one in range(box.count()) if box.itemText(one).casefold() == text.casefold()]
    if len(rows) == 1:  # a whole name is meant, also where other names begin with it
        return str(box.itemData(rows[0]))
    if fitting := box.list_fitting():
        raise UserError("unknown_site.several", site=text, sites=fitting)
    if text:
        raise UserError("unknown_site.no_fit", text=text)
    if needed:
        raise UserError("site_needed", needed=needed)
    return ""
