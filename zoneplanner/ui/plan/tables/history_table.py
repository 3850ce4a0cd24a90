"""The table of steps: what was done, when and by whom, the latest first."""

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtWidgets import QWidget

from zoneplanner.app.session.session import Session
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import NO_VALUE, format_moment
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TablePanel


@dataclass(frozen=True, slots=True)
class _StepRow:
    """One step of the history."""

    number: int
    label: str
    plan: str
    at: datetime
    actor: str


@dataclass(slots=True)
class HistoryPosition:
    """The present step and the one looked at; kept apart from the rows, which do not change."""

    present: int = 0
    looked_at: int | None = None

    def here(self, row: _StepRow) -> bool:
        """True of the present step."""
        return row.number == self.present

    def looked(self, row: _StepRow) -> bool:
        """True of the step that is looked at."""
        return row.number == self.looked_at


def build_step_rows(session: Session) -> list[_StepRow]:
    """Return the steps, the latest first."""
    plans = {uid: plan.name for uid, plan in session.present_state.saved_project.plans.items()}
    write = session.rewrite
    return [
        _StepRow(
            number, write(step.label), plans.get(step.plan_uid or "", NO_VALUE), step.at, step.actor
        )
        for number, step in reversed(list(enumerate(session.history)))
    ]


def _build_history_columns(session: Session, standing: HistoryPosition) -> tuple[Column, ...]:
    """Return the columns; times are those of the project's zone, told from today."""

    def when(row: _StepRow) -> str:
        return format_moment(row.at, session)

    def mark(row: _StepRow) -> str:
        return "next" if standing.here(row) else "history" if standing.looked(row) else ""

    def tip(row: _StepRow) -> str:
        if standing.here(row):
            return f"{row.label}: the project is at this step."
        return f"Click to see the project as it was after “{row.label}”; this changes nothing."

    return (
        Column("#", lambda row: row.number, figure=True),
        Column("Step", lambda row: row.label, mark=mark, cell_tip=tip),
        Column("Plan on screen", lambda row: row.plan),
        Column("When", lambda row: row.at, when),
        Column("Who", lambda row: row.actor),
    )


_FILTER_PX = 260


class HistoryPanel(TablePanel):
    """A row a step, the latest first; a click or an arrow key looks at it and changes nothing."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        self.standing = HistoryPosition()
        super().__init__(
            desk,
            _build_history_columns(desk.session, self.standing),
            lambda row: row.number,
            name="History",
            empty="No step contains these words.",
            filter_name="Filter steps",
            filter_hint="Filter steps",
            noun="step",
            parent=parent,
        )
        self.view.setSortingEnabled(False)
        self.view.chosen.connect(self._look)
        self.view.opened.connect(self._look)
        self.filter.setMaximumWidth(_FILTER_PX)
        self.filter.textChanged.connect(self._mark_shown_step)
        self.lay_out((self.filter, 1), self.counted, None)
        self.refresh_on(desk.bridge.changed)

    def refresh(self) -> None:
        """Read the steps anew."""
        session = self._desk.session
        steps = build_step_rows(session)
        self.standing.present = len(steps) - 1
        self.standing.looked_at = session.viewed_step
        self.show_rows(steps)
        self._mark_shown_step()

    def _mark_shown_step(self, _words: str = "") -> None:
        at = self.standing.looked_at
        self.view.select_key(self.standing.present if at is None else at)
        self.view.viewport().update()

    def _look(self, number: int) -> None:
        session = self._desk.session
        if number != session.viewed_step:
            self._desk.attempt(lambda: session.view_step(number))
