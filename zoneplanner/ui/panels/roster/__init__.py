"""The workspace Shifts: the board, the chosen shift, officers, who is where today, tables."""

from zoneplanner.ui.panels.roster.board import RosterBoard
from zoneplanner.ui.panels.roster.card import ShiftCard
from zoneplanner.ui.panels.roster.officers import OfficersPanel
from zoneplanner.ui.panels.roster.tables import RosterHours, RosterProblems, SwapsPanel
from zoneplanner.ui.panels.roster.today import TodayPanel

__all__ = [
    "OfficersPanel",
    "RosterBoard",
    "RosterHours",
    "RosterProblems",
    "ShiftCard",
    "SwapsPanel",
    "TodayPanel",
]
