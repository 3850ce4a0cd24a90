"""The dialog that rolls a project over to a school year, in steps that can be done in any order."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path

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
from zoneplanner.app.session.session import Session
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
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog

_ABOUT = (
    "Do the steps in any order. Finished steps stay finished, and you can close this and "
    "continue at any time. Each step can be undone."
)
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
    Column("Status", lambda row: str(row[1].message)),
)
_TABLES = {"bells": "bells", "principals": "contact", "enrollment": "site", "calendar": "calendar"}
_IMPORTED = ("calendar", "bells", "principals", "enrollment", "officers")


class RolloverWizard(TableDialog):
    """Lists the steps of a school year, with buttons for the selected step.

    ``show_kind`` opens a kind of data in the workspace Data.
    """

    def __init__(
        self, desk: UiContext, show_kind: Callable[[str], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(
            desk,
            "Roll Over to a School Year",
            _COLUMNS,
            lambda row: row[1].key,
            (),
            about=make_muted_label(_ABOUT),
            empty="",
            size=(TABLE_PX, 560),
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
                "Move last year’s calendar 52 weeks ahead and set holidays to their new dates.",
                partial(self._run, roll_calendar),
            ),
            "posts": push_button(
                "Continue assignments",
                "Extend the assignments that end with the previous year.",
                partial(self._run, roll_posts),
            ),
            "import": push_button(
                "Import…", "Import it from a file.", desk.actions["import"].trigger
            ),
            "show": push_button("Show in Data", "Look at the stored data.", self._show),
            "save": push_button("Save schedule…", "Save the days as a table.", self.ask_drill_file),
            "check": push_button(
                "Checked", "Confirm that this is right for the year.", self._check
            ),
            "reopen": push_button("Open again", "Mark this as not checked.", self._reopen),
            "lock": push_button(
                "Lock",
                "Lock the year, so that nothing in it can be changed.",
                partial(self._run, lock_year_before),
            ),
            "unlock": push_button(
                "Unlock",
                "Unlock the year, so that it can be changed again.",
                partial(self._run, unlock_year_before),
            ),
        }
        self.add_above_buttons(make_row_layout(self.year, *self.acts.values(), None))
        latest = desk.session.undoable_step
        self._first_seq = latest.seq if latest is not None else 0
        # the main window's shortcuts do not work while this dialog is open
        for name, act in (("undo", self._undo), ("redo", self._redo)):
            for keys in desk.actions[name].shortcuts():
                QShortcut(keys, self, act)
        self.view.chosen.connect(self._select)
        desk.bridge.changed.connect(self.refresh)
        self.refresh()
        remaining = [step.key for step in self.steps if not step.done]
        self._select(remaining[0] if remaining else self.steps[0].key)

    def refresh(self, *_: object) -> None:
        """Show the current status of the steps."""
        self.steps = list_rollover_steps(self._desk.session, self._year)
        self.view.show_rows(enumerate(self.steps, 1))
        self._show_acts()

    @property
    def _year(self) -> str:
        return str(self.year.currentData())

    def _select(self, key: object) -> None:
        self.step = str(key) if key else self.step
        self.view.select_key(self.step)
        self._show_acts()

    def _show_acts(self) -> None:
        """Show the buttons that apply to the selected step."""
        key, step = self.step, next((each for each in self.steps if each.key == self.step), None)
        if step is None:
            return
        has_days = has_school_year(self._desk.session.saved_project.calendar, self._year)
        can_check = key in CHECKED_STEPS and key != "drills" and (has_days or key != "calendar")
        shown = {
            "draft": key == "calendar" and not has_days,
            "posts": key == "posts" and not step.done,
            "import": key in _IMPORTED,
            "show": key in _TABLES,
            "save": key == "drills",
            "check": can_check and not step.done,
            "reopen": step.checked,
            "lock": key == "lock" and not step.done,
            "unlock": key == "lock" and step.done,
        }
        for name, button in self.acts.items():
            button.setVisible(shown[name])
        self.acts["lock"].setEnabled(step.possible)
        self.below.setText(str(step.message))

    def _run(self, act: Callable[[Session, str], object]) -> None:
        """Do something for the chosen year; a refusal is shown."""
        if self._desk.may_edit():
            self._desk.attempt(lambda: act(self._desk.session, self._year))

    def _undo(self) -> None:
        """Undo the latest step, if it was done in this dialog."""
        step = self._desk.session.undoable_step
        if step is not None and step.seq > self._first_seq:
            self._desk.undo(step)

    def _redo(self) -> None:
        step = self._desk.session.redoable_step
        if step is not None and step.seq > self._first_seq:
            self._desk.redo()

    def _check(self) -> None:
        """Mark the selected step as checked; ask first if something is missing."""
        step = next(each for each in self.steps if each.key == self.step)
        check = partial(self._run, partial(check_rollover_step, step=self.step))
        if step.lacking is None:
            check()
            return
        question = LeaveQuestion(
            self,
            self.windowTitle(),
            f"{step.lacking}. Mark “{_STEPS[step.key]}” as checked?",
            "You can open the step again at any time.",
            stay="Not yet",
        )
        mark = question.addButton("Mark as checked", QMessageBox.ButtonRole.AcceptRole)
        mark.clicked.connect(lambda _=False: check())
        question.open()

    def _reopen(self) -> None:
        self._run(partial(check_rollover_step, step=self.step, checked=False))

    def _show(self) -> None:
        kind = _TABLES[self.step]
        self.accept()
        self._show_kind(kind)

    def ask_drill_file(self) -> None:
        """Ask where to save the drills of the year, and save them."""
        project = self._desk.session.store.path
        name = f"drills-{self._year}.csv"
        default = project.with_name(name) if project is not None else Path(name)
        path = ask_new_file(self, "Save the drill calendar", "Tables (*.csv)", default)
        if path is not None:
            self.save_drills(path)

    def save_drills(self, path: Path) -> None:
        """Save the drills of the year as a table."""

        def save(session: Session, year: str) -> None:
            drills = propose_year_drills(session.saved_project, year)
            write_drill_schedule(session, drills, path)
            check_rollover_step(session, year, "drills")

        self._run(save)


def _is_rollover_season(today: date) -> bool:
    """Whether a project rolls over to the year just begun, as from July to October."""
    return 7 <= today.month <= 10
