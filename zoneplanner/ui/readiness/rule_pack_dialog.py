"""What a file of rules would change, and its installation as one step."""

from dataclasses import dataclass

from PySide6.QtWidgets import QDialogButtonBox, QWidget

from zoneplanner.app.readiness.rules import OfferedPack, install_rule_pack
from zoneplanner.domain.readiness.rule_edits import RuleChange, describe_rule_fields
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.tables.table_dialog import TableDialog
from zoneplanner.ui.widgets.tables.table_model import Column

_SIZE = (TABLE_PX, 460)
_NOTE = (
    "A planning aid, not legal advice; counsel confirms. Installing is one step that you can "
    "undo; the district's choices and its own rules stay."
)


@dataclass(frozen=True, slots=True)
class _ChangeRow:
    place: int
    how: str
    change: RuleChange


_COLUMNS = (
    Column("Change", lambda row: row.place, lambda row: row.how),
    Column("Rule", lambda row: row.change.text[:1].upper() + row.change.text[1:],
           cell_tip=lambda row: row.change.text),
    Column("Written in", lambda row: row.change.citation,
           cell_tip=lambda row: row.change.citation),
    Column("What differs", lambda row: describe_rule_fields(row.change),
           cell_tip=lambda row: describe_rule_fields(row.change)),
)  # fmt: skip


class RulePackDialog(TableDialog):
    """The difference of a rule pack, rule by rule, before it is installed."""

    def __init__(
        self, desk: UiContext, *, offered: OfferedPack, parent: QWidget | None = None
    ) -> None:
        difference, pack = offered.difference, offered.pack
        rows = [
            _ChangeRow(place, how, change)
            for place, (how, found) in enumerate(
                (
                    ("Changed", difference.changed),
                    ("Added", difference.added),
                    ("Removed", difference.removed),
                    ("Kept", difference.kept),
                )
            )
            for change in found
        ]
        day = pack.checked_on
        checked = f", checked on {desk.session.formats.day(day)}" if day else ""
        super().__init__(
            desk,
            "Install Rules",
            _COLUMNS,
            lambda row: f"{row.how} {row.change.key}",
            rows,
            about=WrappedLabel(
                f"{pack.title}, version {pack.version}{checked}: "
                f"{format_count(len(difference), 'rule')} would change. "
                f"SHA-256 {pack.digest[:12]}. "
                f"{offered.explanation}".strip()
            ),
            empty="No rule changes.",
            size=_SIZE,
            parent=parent,
        )
        self.below.setText(_NOTE)
        self.install = self.buttons.addButton("&Install", QDialogButtonBox.ButtonRole.ActionRole)
        self.install.setEnabled(offered.is_other)
        self.install.clicked.connect(lambda: self._install(desk, offered))

    def _install(self, desk: UiContext, offered: OfferedPack) -> None:
        install_rule_pack(desk.session, offered)
        self.accept()
