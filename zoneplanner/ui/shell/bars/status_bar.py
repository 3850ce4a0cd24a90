"""The status bar: saved, how travel is computed, where the pointer is, what works in background.

What other desks do, as it comes: looked for several times a second, told with who and what.
"""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QLabel,
    QProgressBar,
    QSizePolicy,
    QStatusBar,
    QToolButton,
    QWidget,
)

from zoneplanner.analysis.geometry.crs import make_lonlat_converter
from zoneplanner.analysis.geometry.land_index import CrossStreets, build_cross_streets
from zoneplanner.analysis.travel.travel_model import describe_travel_source
from zoneplanner.app.log.activity_feed import list_activity, sum_up_activity
from zoneplanner.app.plans.manual_assignment import RedrawnZones
from zoneplanner.app.session.external_edits import list_external_details
from zoneplanner.app.session.state import SessionChange
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.project import Feature
from zoneplanner.errors import Disconnected, UserError
from zoneplanner.storage import OutboxCounts, PresentDesk
from zoneplanner.ui.widgets.layout.basic_widgets import ElidedLabel, PlainTextLabel, escape_tooltip
from zoneplanner.ui.widgets.services.jobs import INDETERMINATE_FRACTION
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import (
    make_figures_font,
    make_strong_font,
    make_text_font,
    set_style_state,
)

_LOOK_MS = 250
_MOST_TOLD = 20
_PRESENT_EVERY = 20
"""At so many looks those who have the project open are asked for once."""


class RemoteChangesPoller(QObject):
    """Keeps a session in step with other desks. ``changed`` tells that ``words`` say otherwise.

    ``present`` are those who have the project open, this desk too.
    """

    changed = Signal()

    def __init__(self, desk: UiContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._looks, self._troubled = 0, False
        self._drawn: RedrawnZones | None = None
        self.present: tuple[PresentDesk, ...] = ()
        self.status_text = ""
        self.is_offline = False
        self._state_told: tuple[str, bool, tuple[PresentDesk, ...], OutboxCounts] | None = None
        desk.bridge.changed.connect(self._tell_edits)
        desk.bridge.logged.connect(self._tell_entries)
        self._clock = QTimer(self)
        self._clock.setInterval(_LOOK_MS)
        self._clock.timeout.connect(self.poll)
        self._clock.start()

    def poll(self) -> None:
        """Take over what is new and send what waits; also called by the clock."""
        session = self._desk.session
        if session.listeners.paused:
            return
        self._follow_day()
        try:
            waiting = session.store.waiting()
            session.poll()
            self._tell_sent(waiting, session.store.waiting())
            self._look_at_drawn()
            if self._looks % _PRESENT_EVERY == 0:
                self.present = tuple(session.store.list_present_desks())
        except UserError as error:
            if not self._troubled:  # a file that is gone is told once, until it is back
                self._troubled, self._state_told = True, None
                self._desk.show_problem(error)
                self.changed.emit()
            return
        self._looks, self._troubled = self._looks + 1, False
        words, away = self._state()
        state = (words, away, self.present, session.store.waiting())
        if state != self._state_told:
            self.status_text, self.is_offline, self._state_told = words, away, state
            self.changed.emit()

    def _follow_day(self) -> None:
        """Let the window follow midnight, and tell of a plan that came on screen with it."""
        session = self._desk.session
        shown = session.plan_uid
        session.follow_day()
        if session.plan is not None and session.plan_uid != shown:
            text = f"“{session.plan.name}” is in force today and is on screen now."
            self._desk.notices.show_notice(text, stays=True)

    def _look_at_drawn(self) -> None:
        """Take zones that another program redrew as a proposed assignment, and tell it."""
        try:
            if self._drawn is None:
                self._drawn = RedrawnZones(self._desk.session)
            done = self._drawn.poll()
        except Disconnected:
            return
        if done is not None:
            details = {f"rejected {at}": why for at, why in enumerate(done.refused, 1)}
            if done.taken:
                self._desk.report_done(done.text, details=details, stays=True)
            else:
                show = self._desk.notices.show_notice
                show(done.text, sign="problem", details=details, stays=True)

    def close(self) -> None:
        """Stop looking; the session may live on."""
        self._clock.stop()

    def _state(self) -> tuple[str, bool]:
        store, desks = self._desk.session.store, len(self.present)
        if store.path is not None:
            return (f"{desks} desks have this file open" if desks > 1 else ""), False
        refused = store.waiting().refused
        kept = "1 entry was" if refused == 1 else f"{refused} entries were"
        told = [] if store.online else ["Server unreachable; trying again"]
        told += [f"{kept} rejected by the server"] if refused else []
        if told:
            return "; ".join(told), True
        return ("Shared, 1 desk" if desks == 1 else f"Shared, {desks} desks"), False

    def _tell_edits(self, event: SessionChange) -> None:
        told = [(edit.actor, f"{edit.actor}: {edit.label}") for edit in reversed(event.others)]
        session = self._desk.session
        if any(edit.kind is EditKind.EXTERNAL for edit in event.others):
            rows = list_external_details(session.saved_project, session.external)
            review = self._desk.actions["external_changes"].trigger
            self._desk.notices.show_notice(
                f"{told[0][1]}.", offer="Review…", on_offer=review, details=rows, stays=True
            )
        else:
            self._tell(told)

    def _tell_entries(self, entries: tuple[JournalEntry, ...]) -> None:
        self._tell(list_activity(self._desk.session, entries))

    def _tell(self, told: list[tuple[str, str]]) -> None:
        """Tell the first of what others did, the rest counted by person; all of it folds out."""
        if told:
            details = {str(at): text for at, (_, text) in enumerate(told[1:_MOST_TOLD], 2)}
            self._desk.notices.show_notice(f"{sum_up_activity(told)}.", details=details)

    def _tell_sent(self, before: OutboxCounts, after: OutboxCounts) -> None:
        """Say that what waited on this desk is with the others now, or what was not taken."""
        sent = before.to_send - after.to_send - (after.refused - before.refused)
        if sent > 0:
            entries, were = ("1 entry", "was") if sent == 1 else (f"{sent} entries", "were")
            text = f"{entries} waiting on this desk {were} sent and can now be seen at other desks."
            self._desk.notices.show_notice(text, sign="done")
        if after.refused > before.refused:
            whys = self._desk.session.store.refusals()
            self._desk.notices.show_notice(
                "The server rejected an entry from this desk; it is kept here. Read the reason, "
                "correct the entry and log it again.",
                sign="problem",
                details={str(at): why for at, why in enumerate(whys, 1)},
                stays=True,
            )


_LINE_PX, _BAR_PX, _BAR_HIGH_PX, _LEAST_JOB_PX = 24, 96, 6, 80
_STEPS = 1000
_NOT_SAVED, _DAMAGED = "Nothing is being saved", "Damaged file"
_STALE = (
    "The project file was replaced, moved or disconnected while it was open. Save a Copy saves "
    "this window’s data to a new file."
)
_WAITS = (
    "Entries are kept on this desk and sent once the server is back. "
    "Plans and shifts cannot be changed until then."
)


class _JobLabel(ElidedLabel):
    """The job and how far it is; as wide as its words, where there is room."""

    def __init__(self) -> None:
        super().__init__()
        self.setForegroundRole(QPalette.ColorRole.WindowText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        """Give way to what is left beside the bar and its Cancel."""
        return QSize(_LEAST_JOB_PX, super().minimumSizeHint().height())


class StatusBar(QStatusBar):
    """Quiet facts to the left, the job with its Cancel to the right."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._lonlat: Callable[[float, float], tuple[float, float]] | None = None
        self._streets: tuple[tuple[Feature, ...], CrossStreets] | None = None
        self._damage = desk.session.explain_denied_edit() if desk.session.store.damaged else ""
        self.setSizeGripEnabled(False)
        self.setFixedHeight(_LINE_PX)
        self.saved = PlainTextLabel()
        self.travel = PlainTextLabel()
        self.place = ElidedLabel()  # it gives way, so that a job's Cancel is never cut
        self.place.setFont(make_figures_font())
        self.desks = PlainTextLabel()
        self.following = RemoteChangesPoller(desk, self)
        self.following.changed.connect(self._show_desks)
        self.desks.hide()
        for label in (self.saved, self.desks, self.travel, self.place):
            label.setContentsMargins(8, 0, 8, 0)
            self.addWidget(label, 1 if label is self.place else 0)
        self.job = _JobLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(_BAR_PX, _BAR_HIGH_PX)
        self.bar.setAccessibleName("Progress")
        self.cancel = QToolButton()
        self.cancel.setText("Cancel")
        self.cancel.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.cancel.clicked.connect(desk.jobs.cancel_all)
        for widget in (self.job, self.bar, self.cancel):
            self.addPermanentWidget(widget)
            widget.hide()
        desk.jobs.status.connect(self._work)
        desk.jobs.idle.connect(self._idle)
        desk.bridge.changed.connect(self._refresh)
        desk.bridge.logged.connect(self._refresh)
        desk.bridge.project_changed.connect(self._show_travel)
        self._refresh()
        self._show_travel()

    def show_damage(self, text: str) -> None:
        """Keep saying that the project is damaged, also once its notice is closed."""
        self._damage = text
        self._refresh()

    def point_at(self, x_m: float, y_m: float) -> None:
        """Show where the pointer is, in degrees and from the nearest main streets."""
        if self._lonlat is None:
            self._lonlat = make_lonlat_converter(self._desk.session.project.crs)
        lon, lat = self._lonlat(x_m, y_m)
        north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
        degrees = f"{abs(lat):.4f} {north}  {abs(lon):.4f} {east}"
        streets = self._grid().words(x_m, y_m, self._desk.session.formats)
        self.place.set_full_text(f"{degrees}  ·  {streets}" if streets else degrees)

    def point_nowhere(self) -> None:
        """Show no place: the pointer left the map."""
        self.place.set_full_text("")

    def _grid(self) -> CrossStreets:
        """Return the grid of the main streets, made anew where the map's features changed."""
        project = self._desk.session.project
        if self._streets is None or self._streets[0] is not project.features:
            self._streets = (project.features, build_cross_streets(project))
        return self._streets[1]

    def _refresh(self) -> None:
        session = self._desk.session
        at = session.saved_at
        zone = ZoneInfo(session.project.time_zone)
        now = session.clock().astimezone(zone)
        time = session.formats.recent_moment(at.astimezone(zone), now) if at else ""
        saved = f"Saved {time}" if time else "All saved"
        stale = session.store.stale
        unsent = _NOT_SAVED if stale else session.describe_unsent_entries()
        told = ", ".join(filter(None, (_DAMAGED if self._damage else "", unsent)))
        self.saved.setText(told or saved)
        _mark_problem(self.saved, on=bool(told))
        why = (self._damage, (_STALE if stale else _WAITS) if unsent else "")
        self.saved.setToolTip(" ".join(filter(None, why)) or "Every step is saved as you make it.")

    def _show_travel(self) -> None:
        session = self._desk.session
        write = session.rewrite
        self.travel.setText(write(session.state.basis.travel_label))
        self.travel.setToolTip(
            f"{write(describe_travel_source(session.project))} To change it, choose Plan > Travel "
            "Times."
        )

    def _show_desks(self) -> None:
        """Say who else has a shared project open, or what waits while its server is away."""
        self._refresh()
        following = self.following
        self.desks.setText(following.status_text)
        self.desks.setVisible(bool(following.status_text))
        _mark_problem(self.desks, on=following.is_offline)
        names = [f"{one.actor} ({one.desk})" for one in following.present]
        self.desks.setToolTip(_WAITS if following.is_offline else escape_tooltip("\n".join(names)))
        self.desks.setAccessibleName(f"Desks: {following.status_text}")

    def _work(self, title: str, fraction: float, text: str) -> None:
        self.job.set_full_text(f"{title}: {text}" if text else f"{title}…")
        unknown = fraction == INDETERMINATE_FRACTION or fraction < 0
        self.bar.setRange(0, 0 if unknown else _STEPS)
        if not unknown:
            self.bar.setValue(round(fraction * _STEPS))
        for widget in (self.job, self.bar, self.cancel):
            widget.show()
        if (layout := self.layout()) is not None:  # a busy window paints before Qt lays out anew
            layout.activate()

    def _idle(self) -> None:
        for widget in (self.job, self.bar, self.cancel):
            widget.hide()


def _mark_problem(label: QLabel, *, on: bool) -> None:
    """Let a text stand out by weight and color, or step back again; a new style has no weight."""
    set_style_state(label, "role", "problem" if on else "")
    label.setFont(make_strong_font() if on else make_text_font())
