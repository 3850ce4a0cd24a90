"""What sites are also called and what words mean, as imports learned it; each can be forgotten."""

from functools import partial

from PySide6.QtWidgets import QDialogButtonBox, QPushButton, QWidget

from zoneplanner.app.geography.site_aliases import forget_name, list_aliases, list_explained_words
from zoneplanner.domain.project import Project
from zoneplanner.ui.widgets.inputs.form_dialog import WIDE_PX
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.table_model import KEY_ROLE, Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog

_ABOUT = (
    "Imports use these names to find sites, and these meanings to read words. If you remove one, "
    "imported data stays, and the next import asks again."
)
_EMPTY = (
    "No names or words have been explained yet; the import dialog asks and remembers your answer."
)
_SIZE = (WIDE_PX, 420)


class SiteAliasesDialog(TableDialog):
    """The names with their sites, and a button that forgets those chosen."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        super().__init__(
            desk,
            "Names in Files",
            (
                Column("In files", lambda own: own[0]),
                Column("Means", lambda own: own[1]),
            ),
            lambda own: own[0],
            _list_names(desk.session.saved_project),
            about=WrappedLabel(_ABOUT),
            empty=_EMPTY,
            size=_SIZE,
            parent=parent,
        )
        self._desk = desk
        self.remove = QPushButton("Remove")
        self.remove.setAutoDefault(False)
        self.remove.clicked.connect(lambda _=False: self._remove())
        self.buttons.addButton(self.remove, QDialogButtonBox.ButtonRole.ActionRole)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._show_ready())
        self._show_ready()

    def ask(self) -> None:
        """Open the dialog."""
        self.open()

    def _chosen(self) -> list[str]:
        rows = self.view.selectionModel().selectedRows(0)
        return [str(index.data(KEY_ROLE)) for index in rows]

    def _show_ready(self) -> None:
        self.remove.setEnabled(bool(self._chosen()))

    def _remove(self) -> None:
        for alias in self._chosen():
            self._desk.attempt(partial(forget_name, self._desk.session, alias))
        self.table.show(_list_names(self._desk.session.saved_project))
        self._show_ready()


def _list_names(project: Project) -> list[tuple[str, str]]:
    """Return how files call sites, units and other things, and what that means here."""
    words = ((one.key, one.meaning or "left out") for one in list_explained_words(project))
    return [*((alias, site.name) for alias, site in list_aliases(project)), *words]
