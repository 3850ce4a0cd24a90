"""Damaged entries and edits beside what they were, to be put back from backups."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from zoneplanner.app.projects.row_repair import ProvenRow, RowRepair, describe_repair, put_back_rows
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel, push_button
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import NO_VALUE
from zoneplanner.ui.widgets.tables.table_dialog import TableDialog
from zoneplanner.ui.widgets.tables.table_model import Column

_TITLE = "Damaged Rows"
_ABOUT = "A note in the log says what was put back and from which backup. Nothing else changes."
_SIZE = (TABLE_PX, 420)


def _join(row: ProvenRow, place: int) -> str:
    return "; ".join(change[place] or NO_VALUE for change in row.changes)


class RowRepairDialog(TableDialog):
    """Lists the rows that their hashes prove; puts all of them back, then calls ``done``."""

    def __init__(
        self,
        desk: UiContext,
        repair: RowRepair,
        done: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        self._desk, self._repair, self._done = desk, repair, done
        moment = desk.session.formats.moment
        columns = (
            Column("Row", lambda row: row.name),
            Column("What", lambda row: _join(row, 0)),
            Column("There now", lambda row: _join(row, 1), cell_tip=lambda row: _join(row, 1)),
            Column("As recorded", lambda row: _join(row, 2), cell_tip=lambda row: _join(row, 2)),
            Column("Backup of", lambda row: row.backup.at,
                   lambda row: moment(row.backup.local_time)),
        )  # fmt: skip
        about = WrappedLabel(f"{describe_repair(repair)} {_ABOUT}")
        super().__init__(
            desk, _TITLE, columns, lambda row: row.name, repair.proven,
            about=about, empty="", size=_SIZE, parent=parent,
        )  # fmt: skip
        self.put_back = push_button("&Put back", do=self._put_back)
        self.put_back.setDefault(True)
        self.buttons.addButton(self.put_back, self.buttons.ButtonRole.AcceptRole)
        self.view.selectRow(0)

    def _put_back(self) -> None:
        session = self._desk.session
        who = {"actor": session.actor, "desk": session.desk}
        if self._desk.attempt(
            lambda: put_back_rows(session.store, self._repair, **who, now=session.clock())
        ):
            self.accept()
            self._done()
