"""The table of the project's history: what was done, when and by whom, latest first."""

from dataclasses import dataclass
from datetime import datetime

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
    """The current step and the viewed step, which change while the rows stay the same."""

    present: int = 0
    viewed: int | None = None


def build_step_rows(session: Session) -> list[_StepRow]:
    """Return the steps, latest first."""
    plans = {uid: plan.name for uid, plan in session.present_state.saved_project.plans.items()}
    return [
        _StepRow(
            number,
            session.rewrite(step.label),
            plans.get(step.plan_uid or "", NO_VALUE),
            step.at,
            step.actor,
        )
        for number, step in reversed(list(enumerate(session.history)))
    ]


def build_history_columns(session: Session, position: HistoryPosition) -> tuple[Column, ...]:
    """Return the columns; times are in the project's time zone and relative to today."""

    def when(row: _StepRow) -> str:
        return format_moment(row.at, session)

    def mark(row: _StepRow) -> str:
        if row.number == position.present:
            return "next"
        return "history" if row.number == position.viewed else ""

    def tip(row: _StepRow) -> str:
        if row.number == position.present:
            return f"{row.label}: the project is at this step."
        return f"Click to see the project as it was after “{row.label}”; this changes nothing."

    return (
        Column("#", lambda row: row.number, figure=True),
        Column("Step", lambda row: row.label, mark=mark, cell_tip=tip),
        Column("Plan on screen", lambda row: row.plan),
        Column("When", lambda row: row.at, when),
        Column("Who", lambda row: row.actor),
    )


class HistoryPanel(TablePanel):
    """One row per step, latest first; a click or an arrow key shows a step and changes nothing."""

    def __init__(self, desk: UiContext) -> None:
        self.position = HistoryPosition()
        super().__init__(
            desk,
            build_history_columns(desk.session, self.position),
            lambda row: row.number,
            name="History",
            empty="No step contains these words.",
            filter_name="Filter steps",
            filter_hint="Filter steps",
            noun="step",
        )
        self.view.setSortingEnabled(False)
        self.view.chosen.connect(self._view_step)
        self.view.opened.connect(self._view_step)
        self.filter.setMaximumWidth(260)
        self.filter.textChanged.connect(self._mark_shown_step)
        self.lay_out((self.filter, 1), self.counted, None)
        self.refresh_on(desk.bridge.changed)

    def refresh(self) -> None:
        """Show the current history."""
        session = self._desk.session
        steps = build_step_rows(session)
        self.position.present = len(steps) - 1
        self.position.viewed = session.viewed_step
        self.show_rows(steps)
        self._mark_shown_step()

    def _mark_shown_step(self, _words: str = "") -> None:
        viewed = self.position.viewed
        self.view.select_key(self.position.present if viewed is None else viewed)
        self.view.viewport().update()

    def _view_step(self, number: int) -> None:
        session = self._desk.session
        if number != session.viewed_step:
            self._desk.attempt(lambda: session.view_step(number))
