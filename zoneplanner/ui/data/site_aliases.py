"""The dialog of names and words in files that imports have learned, which can be removed."""

from functools import partial

from PySide6.QtWidgets import QWidget

from zoneplanner.app.geography.site_aliases import forget_name, list_aliases, list_explained_words
from zoneplanner.domain.project import Project
from zoneplanner.ui.widgets.inputs.form_dialog import WIDE_PX
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.table_model import KEY_ROLE, Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog

_ABOUT = (
    "Imports use these names to find sites, and these meanings to interpret words. If you remove "
    "one, imported data stays, and the next import asks again."
)
_EMPTY = (
    "No names or words have been explained yet; the import dialog asks and remembers your answer."
)


class SiteAliasesDialog(TableDialog):
    """Lists names and words with their meanings, and removes the selected ones."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        super().__init__(
            desk,
            "Names in Files",
            (
                Column("In files", lambda row: row[0]),
                Column("Means", lambda row: row[1]),
            ),
            lambda row: row[0],
            _list_names(desk.session.saved_project),
            about=WrappedLabel(_ABOUT),
            empty=_EMPTY,
            size=(WIDE_PX, 420),
            parent=parent,
        )
        self._desk = desk
        self.remove = self.add_button("Remove", self._remove)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._update_button())
        self._update_button()

    def _selected_names(self) -> list[str]:
        rows = self.view.selectionModel().selectedRows(0)
        return [str(index.data(KEY_ROLE)) for index in rows]

    def _update_button(self) -> None:
        self.remove.setEnabled(bool(self._selected_names()))

    def _remove(self) -> None:
        for name in self._selected_names():
            self._desk.attempt(partial(forget_name, self._desk.session, name))
        self.table.show(_list_names(self._desk.session.saved_project))
        self._update_button()


def _list_names(project: Project) -> list[tuple[str, str]]:
    """Return the names and words in files with what they mean in the project."""
    words = ((word.key, word.meaning or "left out") for word in list_explained_words(project))
    return [*((alias, site.name) for alias, site in list_aliases(project)), *words]
