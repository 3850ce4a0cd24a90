"""The workspace Shifts: the board, the chosen shift, officers, who is where today, tables."""

from zoneplanner.ui.panels.roster.board import RosterBoard
from zoneplanner.ui.panels.roster.card import ShiftCard
from zoneplanner.ui.panels.roster.officers import OfficersPanel
from zoneplanner.ui.panels.roster.tables import (
    OfficerHoursTable,
    RosterProblemsTable,
    SwapRequestsTable,
)
from zoneplanner.ui.panels.roster.today import OnDutyTodayPanel

__all__ = [
    "OfficerHoursTable",
    "OfficersPanel",
    "OnDutyTodayPanel",
    "RosterBoard",
    "RosterProblemsTable",
    "ShiftCard",
    "SwapRequestsTable",
]
