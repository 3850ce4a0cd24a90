"""What sites are also called, as imports learned it; a name can be forgotten."""

from functools import partial

from PySide6.QtWidgets import QDialogButtonBox, QPushButton, QWidget

from zoneplanner.app.geography.site_aliases import list_aliases, remove_alias
from zoneplanner.ui.widgets.layout.basic_widgets import make_wrapped_label
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.item_roles import KEY_ROLE
from zoneplanner.ui.widgets.tables.table_dialog import TableDialog
from zoneplanner.ui.widgets.tables.table_model import Column

_ABOUT = "Imports find a site by these names. They are asked when a file has one that resembles it."
_EMPTY = "No site is called otherwise yet; the import dialog asks and keeps it."
_SIZE = (680, 420)


class SiteAliasesDialog(TableDialog):
    """The names with their sites, and a button that forgets those chosen."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        super().__init__(
            desk,
            "Other Names of Sites",
            (
                Column("Also called", lambda own: own[0]),
                Column("Site", lambda own: own[1].name),
            ),
            lambda own: own[0],
            list_aliases(desk.session.saved_project),
            about=make_wrapped_label(_ABOUT),
            empty=_EMPTY,
            size=_SIZE,
            parent=parent,
        )
        self._desk = desk
        self.remove = QPushButton("Forget this name")
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
            self._desk.attempt(partial(remove_alias, self._desk.session, alias))
        self.table.show(list_aliases(self._desk.session.saved_project))
        self._show_ready()
