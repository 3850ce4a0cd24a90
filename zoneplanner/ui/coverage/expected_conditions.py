"""Under what a response is expected: when, within which target, where units are, who helps."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from zoneplanner.analysis.demand.call_demand import SCHOOL_WEEKDAYS, CallDemand, WeekTime
from zoneplanner.analysis.response.conditions import MutualAid, ResponseConditions
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.domain.project import Project
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    ChoiceBox,
    make_choice_box,
    make_decimal_box,
)
from zoneplanner.ui.widgets.layout.layouts import FlowLayout

_EVENLY = "All day"
_WAITS = {"visits": "At their visits", "posts": "At their posts"}
_QUEUES = {"loss": "Left to patrol", "infinite": "Wait in line"}
_AIDS = {
    None: "As units are allowed to assist",
    MutualAid.NEVER: "Nobody helps",
    MutualAid.URGENT: "Others help on urgent calls",
    MutualAid.ALWAYS: "Others help on all calls",
}
_LONGEST_MIN = 60.0


class ExpectedConditionsBar(QWidget):
    """Fields in a row; ``changed`` tells that one of them was."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.weekday = _box("Weekday", {None: "Any day", **dict(enumerate(SCHOOL_WEEKDAYS, 1))})
        self.weekday.setToolTip("Calls on this weekday; an early release shortens the day.")
        self.window_box = _box("Bell window", {None: _EVENLY, **{w: str(w) for w in BellWindow}})
        self.window_box.setToolTip("Calls in this part of the school day, from the log.")
        self.target = make_decimal_box(
            1.0, _LONGEST_MIN, RESPONSE_TARGET_MIN, digits=1, suffix=" min"
        )
        self.target.setAccessibleName("Target")
        self.target.setToolTip("The target for turn-out and travel in minutes.")
        self.waits = _box("Where units are between calls", _WAITS)
        self.queue = _box("A call when no unit is free", _QUEUES)
        self.queue.setToolTip("What happens to a call when no unit is free.")
        self.aid = QToolButton()
        self.aid.setText("Mutual aid")
        self.aid.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.aid.setToolTip("When units that may not be primary in a jurisdiction help there.")
        self._menu = QMenu(self.aid)
        self.aid.setMenu(self._menu)
        self._aids: dict[str, MutualAid | None] = {}
        self._listed: tuple[str, ...] = ()
        line = FlowLayout(self)
        line.add_named("&When", self.weekday)
        line.addWidget(self.window_box)
        line.add_named("&Within", self.target)
        for field in (self.waits, self.queue, self.aid):
            line.addWidget(field)
        for box in (self.weekday, self.window_box, self.waits, self.queue):
            box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.target.valueChanged.connect(lambda _: self.changed.emit())

    def conditions(self, calls: CallDemand) -> ResponseConditions:
        """Return what the fields say; nobody is off."""
        window = self.window_box.currentData()
        when = WeekTime(self.weekday.currentData(), None if window is None else BellWindow(window))
        return ResponseConditions(
            idle_place=self.waits.currentData(),
            mutual_aid={key: aid for key, aid in self._aids.items() if aid is not None},
            urgent_share=calls.urgent_share,
            queue=self.queue.currentData(),
            calls_per_h=calls.by_site(when),
            window=when.window,
        )

    def show_jurisdictions(self, project: Project, present: set[str | None]) -> None:
        """Offer mutual aid for the jurisdictions that hold sites."""
        listed = tuple(key for key in project.jurisdictions if key in present)
        if listed == self._listed:
            return
        self._listed = listed
        self._menu.clear()
        for key in listed:
            part = self._menu.addMenu(project.jurisdictions[key].name)
            group = QActionGroup(part)
            for aid, text in _AIDS.items():
                action = QAction(text, group)
                action.setCheckable(True)
                action.setChecked(self._aids.get(key) is aid)
                action.triggered.connect(lambda _=False, k=key, a=aid: self.help_in(k, a))
                part.addAction(action)

    def help_in(self, jurisdiction: str, aid: MutualAid | None) -> None:
        """Say when others help in a jurisdiction."""
        self._aids = {**self._aids, jurisdiction: aid}
        helped = sum(own is not None for own in self._aids.values())
        self.aid.setText(f"Mutual aid ({helped})" if helped else "Mutual aid")
        self.changed.emit()


def _box(name: str, texts: Mapping[Any, str]) -> ChoiceBox:
    capitalized = {key: text[:1].upper() + text[1:] for key, text in texts.items()}
    box = make_choice_box(capitalized, name=name)
    box.setToolTip(f"{name}.")
    return box
