"""The status bar, and the polling for changes by other desks."""

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
)

from zoneplanner.analysis.geometry.crs import make_lonlat_converter
from zoneplanner.analysis.geometry.land_index import CrossStreets, build_cross_streets
from zoneplanner.analysis.travel.travel_model import describe_travel_source, name_travel_model
from zoneplanner.app.log.activity_feed import Activity, list_activity, sum_up_activity
from zoneplanner.app.plans.manual_assignment import RedrawnZones
from zoneplanner.app.session.external_edits import list_external_details
from zoneplanner.app.session.state import SessionChange
from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.project import Feature
from zoneplanner.errors import Disconnected, UserError
from zoneplanner.messages import Message
from zoneplanner.storage import OutboxCounts, PresentDesk
from zoneplanner.ui.widgets.layout.basic_widgets import ElidedLabel, PlainTextLabel, escape_tooltip
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import (
    make_figures_font,
    make_strong_font,
    make_text_font,
    set_style_state,
)

_POLL_MS = 250
_MAX_LISTED = 20
_POLLS_PER_PRESENCE = 20
"""The desks that have the project open are read once per this many polls."""


class RemoteChangesPoller(QObject):
    """Polls for changes by other desks, and shows them.

    ``changed`` is emitted when ``status_text``, ``is_offline`` or ``present`` changes. ``present``
    are the desks that have the project open, including this one.
    """

    changed = Signal()

    def __init__(self, desk: UiContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._polls, self._has_failed = 0, False
        self._redrawn: RedrawnZones | None = None
        self.present: tuple[PresentDesk, ...] = ()
        self.status_text = ""
        self.is_offline = False
        self._emitted_state: tuple[str, bool, tuple[PresentDesk, ...], OutboxCounts] | None = None
        desk.bridge.changed.connect(self._show_edits)
        desk.bridge.logged.connect(self._show_entries)
        self._timer = QTimer(self, interval=_POLL_MS)
        self._timer.timeout.connect(self.poll)
        self._timer.start()

    def poll(self) -> None:
        """Read changes by other desks, and send waiting entries; called by the timer."""
        session = self._desk.session
        if session.listeners.paused:
            return
        self._follow_day()
        try:
            waiting = session.store.waiting()
            session.poll()
            self._report_sent(waiting, session.store.waiting())
            self._import_redrawn_zones()
            if self._polls % _POLLS_PER_PRESENCE == 0:
                self.present = tuple(session.store.list_present_desks())
        except UserError as error:
            if not self._has_failed:  # reports a missing file only once
                self._has_failed, self._emitted_state = True, None
                self._desk.show_problem(error)
                self.changed.emit()
            return
        self._polls, self._has_failed = self._polls + 1, False
        text, is_offline = self._describe_connection()
        state = (text, is_offline, self.present, session.store.waiting())
        if state != self._emitted_state:
            self.status_text, self.is_offline, self._emitted_state = text, is_offline, state
            self.changed.emit()

    def _follow_day(self) -> None:
        """Switch to a new day after midnight, and report a plan that is shown because of it."""
        session = self._desk.session
        before = session.plan_uid
        session.follow_day()
        if session.plan is not None and session.plan_uid != before:
            text = f"“{session.plan.name}” is in force today and is on screen now."
            self._desk.notices.show_notice(text, stays=True)

    def _import_redrawn_zones(self) -> None:
        """Import zones that another program redrew as a proposed assignment, and report it."""
        try:
            if self._redrawn is None:
                self._redrawn = RedrawnZones(self._desk.session)
            done = self._redrawn.poll()
        except Disconnected:
            return
        if done is not None:
            text, details = done.message.say(self._desk.session.formats), {}
            for n, error in enumerate(done.refused, 1):
                details[f"rejected {n}"] = error.message
            if done.taken:
                self._desk.report_done(text, details=details, stays=True)
            else:
                text = " ".join((text, *list(details.values())[:1]))
                self._desk.notices.show_notice(text, sign="problem", details=details, stays=True)

    def close(self) -> None:
        """Stop polling; the session may live on."""
        self._timer.stop()

    def _describe_connection(self) -> tuple[str, bool]:
        """Return a text about other desks and the server, and whether it is about a problem."""
        store, desks = self._desk.session.store, len(self.present)
        if store.path is not None:
            return (f"{desks} desks have this file open" if desks > 1 else ""), False
        refused = store.waiting().refused
        rejected = "1 entry was" if refused == 1 else f"{refused} entries were"
        problems = [] if store.online else ["Server unreachable; trying again"]
        problems += [f"{rejected} rejected by the server"] if refused else []
        if problems:
            return "; ".join(problems), True
        return ("Shared, 1 desk" if desks == 1 else f"Shared, {desks} desks"), False

    def _show_edits(self, event: SessionChange) -> None:
        activity = [(edit.actor, f"{edit.actor}: {edit.label}") for edit in reversed(event.others)]
        session = self._desk.session
        if any(edit.kind is EditKind.EXTERNAL for edit in event.others):
            rows = list_external_details(session.saved_project, session.external)
            review = self._desk.actions["external_changes"].trigger
            self._desk.notices.show_notice(
                f"{activity[0][1]}.", offer="Review…", on_offer=review, details=rows, stays=True
            )
        else:
            self._show_activity(activity)

    def _show_entries(self, entries: tuple[JournalEntry, ...]) -> None:
        self._show_activity(list_activity(self._desk.session, entries))

    def _show_activity(self, activity: Activity) -> None:
        """Show what others did: the first act, the number of others by person, and all details."""
        if activity:
            details = {str(n): text for n, (_, text) in enumerate(activity[1:_MAX_LISTED], 2)}
            self._desk.notices.show_notice(f"{sum_up_activity(activity)}.", details=details)

    def _report_sent(self, before: OutboxCounts, after: OutboxCounts) -> None:
        """Report that waiting entries were sent, or that the server rejected some."""
        sent = before.to_send - after.to_send - (after.refused - before.refused)
        if sent > 0:
            self._desk.notices.show_notice(str(Message("entries_sent", n=sent)), sign="done")
        if after.refused > before.refused:
            reasons = self._desk.session.store.refusals()
            self._desk.notices.show_notice(
                str(Message("entries_sent.rejected")),
                sign="problem",
                details={str(n): reason for n, reason in enumerate(reasons, 1)},
                stays=True,
            )


_HEIGHT_PX, _PROGRESS_WIDTH_PX, _PROGRESS_HEIGHT_PX, _MIN_JOB_PX = 24, 96, 6, 80
_PROGRESS_STEPS = 1000
_STALE = (
    "The project file was replaced, moved or disconnected while it was open. Save a Copy saves "
    "this window’s data to a new file."
)
_WAITS = (
    "Entries stay on this desk and are sent once the server is back. "
    "Plans and shifts cannot be changed until then."
)


class _JobLabel(ElidedLabel):
    """The running job and its progress, as wide as the text if that fits."""

    def __init__(self) -> None:
        super().__init__()
        self.setForegroundRole(QPalette.ColorRole.WindowText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        """Return a small width, so that the progress bar and Cancel are never cut."""
        return QSize(_MIN_JOB_PX, super().minimumSizeHint().height())


class StatusBar(QStatusBar):
    """Facts at the left, and the running job with its Cancel button at the right."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self._lonlat: Callable[[float, float], tuple[float, float]] | None = None
        self._streets: tuple[tuple[Feature, ...], CrossStreets] | None = None
        damaged = desk.session.explain_denied_edit() if desk.session.store.damaged else None
        self._damage = str(damaged or "")
        self.setSizeGripEnabled(False)
        self.setFixedHeight(_HEIGHT_PX)
        self.saved = PlainTextLabel()
        self.travel = PlainTextLabel()
        self.place = ElidedLabel()  # elided if necessary, so that a job's Cancel is never cut
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
        self.bar.setFixedSize(_PROGRESS_WIDTH_PX, _PROGRESS_HEIGHT_PX)
        self.bar.setAccessibleName("Progress")
        self.cancel = QToolButton()
        self.cancel.setText("Cancel")
        self.cancel.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.cancel.clicked.connect(desk.jobs.cancel_all)
        for widget in (self.job, self.bar, self.cancel):
            self.addPermanentWidget(widget)
            widget.hide()
        desk.jobs.status.connect(self._show_job)
        desk.jobs.idle.connect(self._hide_job)
        desk.bridge.changed.connect(self._refresh)
        desk.bridge.logged.connect(self._refresh)
        desk.bridge.project_changed.connect(self._show_travel)
        self._refresh()
        self._show_travel()

    def show_damage(self, text: str) -> None:
        """Show that the project is damaged, even after the notice is closed."""
        self._damage = text
        self._refresh()

    def point_at(self, x_m: float, y_m: float) -> None:
        """Show the pointer's position in degrees and by the nearest main streets."""
        if self._lonlat is None:
            self._lonlat = make_lonlat_converter(self._desk.session.project.crs)
        lon, lat = self._lonlat(x_m, y_m)
        north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
        degrees = f"{abs(lat):.4f} {north}  {abs(lon):.4f} {east}"
        near = self._read_cross_streets().describe_place(x_m, y_m)
        streets = f"  ·  {near.say(self._desk.session.formats)}" if near else ""
        self.place.set_full_text(degrees + streets)

    def point_nowhere(self) -> None:
        """Show no position, since the pointer left the map."""
        self.place.set_full_text("")

    def _read_cross_streets(self) -> CrossStreets:
        """Return the main streets, read again if the map's features changed."""
        project = self._desk.session.project
        if self._streets is None or self._streets[0] is not project.features:
            self._streets = (project.features, build_cross_streets(project))
        return self._streets[1]

    def _refresh(self) -> None:
        session = self._desk.session
        saved = "All saved"
        if (saved_at := session.saved_at) is not None:
            zone = ZoneInfo(session.project.time_zone)
            now = session.clock().astimezone(zone)
            saved = f"Saved {session.formats.recent_moment(saved_at.astimezone(zone), now)}"
        stale = session.store.stale
        unsent = Message("saving.stopped") if stale else session.describe_unsent_entries()
        problems = [Message("saving.damaged_file") if self._damage else None, unsent]
        problem = ", ".join(str(each) for each in problems if each is not None)
        self.saved.setText(problem or saved)
        _mark_problem(self.saved, on=bool(problem))
        reasons = (self._damage, (_STALE if stale else _WAITS) if unsent else "")
        tip = " ".join(filter(None, reasons)) or "Every step is saved as you make it."
        self.saved.setToolTip(tip)

    def _show_travel(self) -> None:
        session = self._desk.session
        self.travel.setText(session.rewrite(str(name_travel_model(session.project))))
        about = session.rewrite(str(describe_travel_source(session.project)))
        self.travel.setToolTip(f"{about} To change it, choose Plan > Travel Times.")

    def _show_desks(self) -> None:
        """Show which desks have the project open, or what waits for the server."""
        self._refresh()
        following = self.following
        self.desks.setText(following.status_text)
        is_shown = bool(following.status_text)
        self.desks.setVisible(is_shown and not self.currentMessage())
        # Qt hides the labels while a tip is shown, and afterward shows those that nobody has hidden
        explicit = Qt.WidgetAttribute.WA_WState_ExplicitShowHide
        self.desks.setAttribute(explicit, not (is_shown and self.currentMessage()))
        _mark_problem(self.desks, on=following.is_offline)
        names = [f"{desk.actor} ({desk.desk})" for desk in following.present]
        self.desks.setToolTip(_WAITS if following.is_offline else escape_tooltip("\n".join(names)))
        self.desks.setAccessibleName(f"Desks: {following.status_text}")

    def _show_job(self, title: str, fraction: float, text: str) -> None:
        self.job.set_full_text(f"{title}: {text}" if text else f"{title}…")
        unknown = fraction < 0
        self.bar.setRange(0, 0 if unknown else _PROGRESS_STEPS)
        if not unknown:
            self.bar.setValue(round(fraction * _PROGRESS_STEPS))
        for widget in (self.job, self.bar, self.cancel):
            widget.show()
        if (layout := self.layout()) is not None:  # a busy window paints before Qt's next layout
            layout.activate()

    def _hide_job(self) -> None:
        for widget in (self.job, self.bar, self.cancel):
            widget.hide()


def _mark_problem(label: QLabel, *, on: bool) -> None:
    """Emphasize a text by weight and color, or not; the style sheet does not set the weight."""
    set_style_state(label, "role", "problem" if on else "")
    label.setFont(make_strong_font() if on else make_text_font())
