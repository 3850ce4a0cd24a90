"""The banners above the map: read-only, Viewing History, and a plan that the log contradicts."""

from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut

from zoneplanner.app.coverage.demand import find_demand_gap, use_demand
from zoneplanner.app.desk.project_location import parse_location
from zoneplanner.domain.demand import LEARNT
from zoneplanner.messages import Message
from zoneplanner.storage import ServerAddress
from zoneplanner.ui.widgets.layout.basic_widgets import MessageBanner, compact_button
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import format_moment

_PLANNING = ("plan", "shifts")
"""The workspaces in which every action changes the project."""


class ReadOnlyBanner(MessageBanner):
    """Explains why nothing can be changed or logged, and where a copy's shared project is.

    ``open_asked`` carries the address of the shared project.
    """

    open_asked = Signal(object)

    def __init__(self, desk: UiContext) -> None:
        store = desk.session.store
        self._log_denial = desk.session.explain_denied_log()
        self._edit_denial = desk.session.explain_denied_edit()
        self.open_button = compact_button("Open it there")
        self.restore = compact_button("Backups…", do=desk.actions["backups"].trigger)
        icon, role = ("error", "late") if store.damaged else ("info", "accent")
        buttons = (self.open_button, self.restore)
        super().__init__(desk.icons, *buttons, icon=icon, role=role, name="Read-only")
        self.open_button.setVisible(bool(store.shared_to) and not store.damaged)
        self.restore.setVisible(store.damaged)
        self.text.setText(str(self._edit_denial or ""))
        self.show_workspace("")
        if not store.shared_to or store.damaged:
            return
        address = parse_location(store.shared_to)
        assert isinstance(address, ServerAddress)
        on = date.fromisoformat(store.shared_on)
        copy = Message("shared_copy", on=on, name=address.name)
        self.text.setText(copy.say(desk.session.formats))
        self.open_button.setToolTip(f"Open the project at {address.server}.")
        self.open_button.clicked.connect(lambda: self.open_asked.emit(address))

    def show_workspace(self, name: str) -> None:
        """Show the banner everywhere or, if only changes are denied, in planning workspaces."""
        is_planning = name in _PLANNING
        self.setVisible(bool(self._log_denial or (self._edit_denial and is_planning)))


_FIGURES = ("plan", "coverage")
"""The workspaces whose figures depend on the calls per day."""
_PRESENT_ACTION_GROUPS = ("log", "workspace")
"""Groups of actions that return to the present first."""


class HistoryPreviewBanner(MessageBanner):
    """Names the viewed step of the history; ``go_back_asked`` carries its index."""

    go_back_asked = Signal(int)

    def __init__(self, desk: UiContext) -> None:
        self._desk, leave = desk, desk.session.view_present
        self.go_back = compact_button(
            "Go back to this step…", do=lambda: self.go_back_asked.emit(desk.session.viewed_step)
        )
        self.now = compact_button("Back to now", "Show the project as it is now (Esc)", leave)
        buttons = (self.go_back, self.now)
        super().__init__(desk.icons, *buttons, icon="history", name="Viewing History")
        self.setProperty("past", True)
        for spec in desk.actions.specs.values():
            if spec.group in _PRESENT_ACTION_GROUPS:
                desk.actions.set_handler(spec.name, leave)
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        self._escape.setContext(Qt.ShortcutContext.WindowShortcut)
        self._escape.activated.connect(leave)
        self._escape.activatedAmbiguously.connect(leave)
        desk.bridge.viewed_step_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the viewed step, or hide the banner."""
        session = self._desk.session
        place = session.viewed_step
        self.setVisible(place is not None)
        self._escape.setEnabled(place is not None)
        if place is None:
            return
        step = session.history[place]
        label, when = session.rewrite(step.label), format_moment(step.at, session)
        self.show_text(f"Viewing History: {label}, {when}, {step.actor}. This changes nothing.")
        store = session.store
        self.go_back.setVisible(store.may_edit and not store.read_only)


class DemandGapBanner(MessageBanner):
    """Shows that the log contradicts the calls that the plan assumes, and offers the log's rate.

    It is shown in Plan and Coverage.
    """

    search_asked = Signal()

    def __init__(self, desk: UiContext) -> None:
        self._desk, self._workspace = desk, ""
        self.replan = compact_button(
            "Plan with the log’s rate",
            "Uses the log’s calls per day in every figure, and proposes zones based on them.",
            self.follow_log,
        )
        self.later = compact_button(
            "Not now", "Hides this banner until the project is opened again."
        )
        self._is_dismissed = False
        super().__init__(
            desk.icons,
            self.replan,
            self.later,
            icon="warning",
            name="The log and the plan disagree",
        )
        self.later.clicked.connect(self._dismiss)
        desk.bridge.project_changed.connect(self.refresh)
        desk.bridge.logged.connect(self.refresh)
        self._follows_moves = False
        self.refresh()

    def show_workspace(self, name: str) -> None:
        """Show the banner if the workspace needs it."""
        self._workspace = name
        self.refresh()

    def refresh(self, _event: object = None) -> None:
        """Compare the log and the plan again."""
        wanted = self._workspace in _FIGURES and not self._is_dismissed
        gap = find_demand_gap(self._desk.session) if wanted else None
        self.setVisible(gap is not None)
        self._follow_moves(wanted=gap is not None)
        if gap is not None:
            self.show_text(gap.finding.message.say(self._desk.session.formats))
            self.replan.setEnabled(not self._desk.session.explain_denied_edit())

    def _follow_moves(self, *, wanted: bool) -> None:
        """Follow moves of sites only while a gap is shown, since they change its text."""
        if wanted is not self._follows_moves:
            self._follows_moves = wanted
            changed = self._desk.bridge.changed
            (changed.connect if wanted else changed.disconnect)(self.refresh)

    def follow_log(self) -> None:
        """Use the log's rate, and ask for a search for zones."""
        if self._desk.attempt(lambda: use_demand(self._desk.session, LEARNT)):
            self.search_asked.emit()

    def _dismiss(self) -> None:
        self._is_dismissed = True
        self.refresh()
