"""Take a project into the next school year, step by step; each can be left and taken up again."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

from zoneplanner.app.data.rollover import (
    CHECKED_STEPS,
    RolloverStep,
    check_rollover_step,
    list_rollover_steps,
    list_rollover_years,
    lock_year_before,
    propose_year_drills,
    roll_calendar,
    roll_posts,
    unlock_year_before,
    write_drill_schedule,
)
from zoneplanner.domain.calendar.year_rollover import has_school_year
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_new_file
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX
from zoneplanner.ui.widgets.inputs.leave_question import LeaveQuestion
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_muted_label,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog

_TITLE = "Roll Over to a School Year"
_ABOUT = (
    "Do the steps in any order. Finished steps stay finished, and you can close this and "
    "continue at any time. Each step can be undone."
)
_SIZE = (TABLE_PX, 560)
_FIRST_MONTH, _LAST_MONTH = 7, 10
_STEPS: Mapping[str, str] = {
    "calendar": "Calendar",
    "bells": "Bell times",
    "principals": "Principals",
    "enrollment": "Enrollment",
    "posts": "Roster assignments",
    "officers": "Officers",
    "corrective_actions": "Corrective actions",
    "drills": "Drill calendar",
    "lock": "Lock the previous year",
}
_COLUMNS = (
    Column("", lambda row: row[0], lambda row: str(row[0]), figure=True),
    Column(
        "Step",
        lambda row: _STEPS[row[1].key],
        mark=lambda row: "check" if row[1].done else "todo",
        whole=True,
    ),
    Column("Status", lambda row: row[1].text),
)
_TABLES = {"bells": "bells", "principals": "contact", "enrollment": "site", "calendar": "calendar"}
_IMPORTED = ("calendar", "bells", "principals", "enrollment", "officers")


class RolloverWizard(TableDialog):
    """The steps of a year; buttons below do the chosen one.

    ``show_kind`` opens a kind of data in the workspace Data.
    """

    def __init__(
        self, desk: UiContext, show_kind: Callable[[str], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(
            desk,
            _TITLE,
            _COLUMNS,
            lambda row: row[1].key,
            (),
            about=make_muted_label(_ABOUT),
            empty="",
            size=_SIZE,
            parent=parent,
        )
        self.about.setWordWrap(True)
        self._desk, self._show_kind = desk, show_kind
        self.step = ""
        years = list_rollover_years(desk.session)
        self.year = make_choice_box({year: year for year in years}, name="School year")
        self.year.setCurrentIndex(int(not _is_rollover_season(desk.session.today)))
        self.steps: tuple[RolloverStep, ...] = list_rollover_steps(desk.session, self._year)
        self.year.currentIndexChanged.connect(self.refresh)
        self.acts: Mapping[str, QPushButton] = {
            "draft": push_button(
                "Draft from last year",
                "Last year’s calendar moved 52 weeks ahead, with holidays on the new year’s dates.",
                self._draft,
            ),
            "posts": push_button(
                "Continue assignments", "Continue the assignments that end.", self._roll_posts
            ),
            "bring": push_button("Import…", "Import it from a file.", self._import),
            "show": push_button("Show in Data", "Look at the stored data.", self._show),
            "save": push_button("Save schedule…", "Save the days as a table.", self.ask_drills),
            "check": push_button(
                "Checked", "Confirm that this is right for the year.", self._check
            ),
            "reopen": push_button("Open again", "Mark this as not checked.", self._reopen),
            "lock": push_button(
                "Lock", "Lock the year, so that nothing in it can be changed.", self._lock
            ),
            "unlock": push_button(
                "Unlock", "Unlock the year, so that it can be changed again.", self._unlock
            ),
        }
        column: Any = self.layout()
        at = column.indexOf(self.buttons)
        column.insertLayout(
            at, make_row_layout(self.year, *self.acts.values(), None, spacing_px=SPACING_PX)
        )
        latest = desk.session.undoable_step
        self._begun_seq = latest.seq if latest is not None else 0
        # the main window's own keys rest while this one is open
        for name, act in (("undo", self._undo), ("redo", self._redo)):
            for keys in desk.actions[name].shortcuts():
                QShortcut(keys, self, act)
        self.view.chosen.connect(self._choose)
        desk.bridge.changed.connect(self.refresh)
        self.refresh()
        left = [own.key for own in self.steps if not own.done]
        self._choose(left[0] if left else self.steps[0].key)

    def refresh(self, *_: object) -> None:
        """Judge the steps anew; they follow from the project."""
        self.steps = list_rollover_steps(self._desk.session, self._year)
        self.table.show(list(enumerate(self.steps, 1)))
        self.view.fit_columns()
        self._show_acts()

    @property
    def _year(self) -> str:
        return str(self.year.currentData())

    def _choose(self, key: object) -> None:
        self.step = str(key) if key else self.step
        self.view.select_key(self.step)
        self._show_acts()

    def _show_acts(self) -> None:
        """Show what can be done about the chosen step."""
        own = next((one for one in self.steps if one.key == self.step), None)
        if own is None:
            return
        calendar = self._desk.session.saved_project.calendar
        has_days = self.step != "calendar" or has_school_year(calendar, self._year)
        by_hand = self.step in CHECKED_STEPS and self.step != "drills"
        shown = {
            "draft": self.step == "calendar" and not has_school_year(calendar, self._year),
            "posts": self.step == "posts" and not own.done,
            "bring": self.step in _IMPORTED,
            "show": self.step in _TABLES,
            "save": self.step == "drills",
            "check": by_hand and not own.done and has_days,
            "reopen": own.checked,
            "lock": self.step == "lock" and not own.done,
            "unlock": self.step == "lock" and own.done,
        }
        for name, button in self.acts.items():
            button.setVisible(shown[name])
        self.acts["lock"].setEnabled(own.possible)
        self.below.setText(own.text)

    def _do(self, act: Callable[[], object]) -> bool:
        return bool(self._desk.may_edit() and self._desk.attempt(act))

    def _draft(self) -> None:
        self._do(partial(roll_calendar, self._desk.session, self._year))

    def _roll_posts(self) -> None:
        self._do(partial(roll_posts, self._desk.session, self._year))

    def _undo(self) -> None:
        """Take back the latest step that was done here, and none from before."""
        step = self._desk.session.undoable_step
        if step is not None and step.seq > self._begun_seq:
            self._desk.undo(step)

    def _redo(self) -> None:
        step = self._desk.session.redoable_step
        if step is not None and step.seq > self._begun_seq:
            self._desk.redo()

    def _check(self) -> None:
        """Mark the chosen step; ask first where something is missing that it is about."""
        own = next(one for one in self.steps if one.key == self.step)
        check = partial(check_rollover_step, self._desk.session, self._year, self.step)
        if not own.lacking:
            self._do(check)
            return
        asked = LeaveQuestion(
            self,
            self.windowTitle(),
            f"{own.lacking}. Mark “{_STEPS[own.key]}” as checked?",
            "You can open the step again at any time.",
            stay="Not yet",
        )
        mark = asked.addButton("Mark as checked", QMessageBox.ButtonRole.AcceptRole)
        mark.clicked.connect(lambda _=False: self._do(check))
        asked.open()

    def _reopen(self) -> None:
        session, year, step = self._desk.session, self._year, self.step
        self._do(lambda: check_rollover_step(session, year, step, checked=False))

    def _lock(self) -> None:
        self._do(partial(lock_year_before, self._desk.session, self._year))

    def _unlock(self) -> None:
        self._do(partial(unlock_year_before, self._desk.session, self._year))

    def _show(self) -> None:
        kind = _TABLES[self.step]
        self.accept()
        self._show_kind(kind)

    def _import(self) -> None:
        self._desk.actions["import"].trigger()

    def ask_drills(self) -> None:
        """Ask where to write the drills of the year, and write them."""
        folder = self._desk.session.store.path
        name = f"drills-{self._year}.csv"
        place = folder.parent / name if folder is not None else Path(name)
        chosen = ask_new_file(self, "Save the drill calendar", "Tables (*.csv)", place)
        if chosen is not None:
            self.save_drills(chosen)

    def save_drills(self, path: Path) -> None:
        """Write the drills of the year to a file."""
        session, year = self._desk.session, self._year

        def write() -> None:
            drills = propose_year_drills(session.saved_project, year)
            write_drill_schedule(session, drills, path)
            check_rollover_step(session, year, "drills")

        self._do(write)


def _is_rollover_season(today: date) -> bool:
    """True from July to October: then it is the year just begun that a project rolls over into."""
    return _FIRST_MONTH <= today.month <= _LAST_MONTH
