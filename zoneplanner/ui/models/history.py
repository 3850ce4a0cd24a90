"""The table of steps: what was done, when and by whom, the latest first."""

from dataclasses import dataclass
from datetime import datetime

from zoneplanner.app.session import Session
from zoneplanner.ui.kit.words import NO_VALUE, format_moment
from zoneplanner.ui.models.table import TableColumn


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
    plans = {uid: plan.name for uid, plan in session.present.kept.plans.items()}
    write = session.rewrite
    return [
        _StepRow(
            number, write(step.label), plans.get(step.plan_uid or "", NO_VALUE), step.at, step.actor
        )
        for number, step in reversed(list(enumerate(session.history)))
    ]


def filter_steps(steps: list[_StepRow], text: str) -> list[_StepRow]:
    """Return the steps in whose label, plan or person all words of a text occur."""
    words = text.casefold().split()
    if not words:
        return steps
    told = ((step, f"{step.label} {step.plan} {step.actor}".casefold()) for step in steps)
    return [step for step, line in told if all(word in line for word in words)]


def build_history_columns(session: Session, standing: HistoryPosition) -> tuple[TableColumn, ...]:
    """Return the columns; times are those of the project's zone, told from today."""

    def when(row: _StepRow) -> str:
        return format_moment(row.at, session)

    def mark(row: _StepRow) -> str:
        return "next" if standing.here(row) else "history" if standing.looked(row) else ""

    def tip(row: _StepRow) -> str:
        if standing.here(row):
            return f"{row.label}: here the project stands."
        return f"Click to look at the project after “{row.label}”; nothing is changed by that."

    return (
        TableColumn("#", lambda row: row.number, figure=True),
        TableColumn("Step", lambda row: row.label, mark=mark, cell_tip=tip),
        TableColumn("Plan on screen", lambda row: row.plan),
        TableColumn("When", lambda row: row.at, when),
        TableColumn("Who", lambda row: row.actor),
    )
