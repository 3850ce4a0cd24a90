"""The table of steps: what was done since the project was opened, the latest first."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from zoneplanner.app.session import Session
from zoneplanner.ui.models.table import Column


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of the history."""

    number: int
    label: str
    time: str
    plan: str
    state: str


def step_rows(session: Session) -> list[StepRow]:
    """Return the steps, those that were undone above the present one."""
    zone = ZoneInfo(session.project.time_zone)
    rows = []
    for number, step in enumerate(session.history):
        plan = session.project.plans.get(step.plan_uid or "")
        if number == session.position:
            state = "here"
        else:
            state = "undone" if number > session.position else ""
        time = step.at.astimezone(zone).strftime("%H:%M:%S")
        rows.append(StepRow(number, step.label, time, plan.name if plan else "", state))
    return rows[::-1]


HISTORY_COLUMNS = (
    Column("Time", lambda row: row.number, lambda row: row.time, figure=True),
    Column("Step", lambda row: row.label),
    Column("Plan", lambda row: row.plan),
    Column("State", lambda row: row.state, tip="Double-click a step to go back or forward to it."),
)  # fmt: skip
