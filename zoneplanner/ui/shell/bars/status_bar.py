"""The status bar: saved, how travel is computed, where the pointer is, what works in background."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from zoneplanner.analysis.geometry.crs import make_lonlat_converter
from zoneplanner.analysis.geometry.land_index import CrossStreets, build_cross_streets
from zoneplanner.analysis.travel.drive_table import describe_travel_source
from zoneplanner.app.projects.sharing_status import describe_unsent_entries
from zoneplanner.domain.project import Feature
from zoneplanner.ui.shell.remote_changes import RemoteChangesPoller
from zoneplanner.ui.widgets.layout.basic_widgets import ElidedLabel, PlainTextLabel, escape_tooltip
from zoneplanner.ui.widgets.services.jobs import INDETERMINATE_FRACTION
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import (
    make_figures_font,
    make_strong_font,
    make_text_font,
    set_style_state,
)

_LINE_PX, _BAR_PX, _BAR_HIGH_PX = 24, 96, 6
_STEPS = 1000
_NOT_SAVED = "Nothing is saved"
_STALE = (
    "The project file was replaced, moved or disconnected while it was open. Save a Copy saves "
    "what this window has to a new file."
)
_WAITS = (
    "Entries are kept on this desk and sent once the server is back. "
    "Plans and shifts cannot be changed until then."
)


class StatusBar(QStatusBar):
    """Quiet facts to the left, the job with its Cancel to the right."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._lonlat: Callable[[float, float], tuple[float, float]] | None = None
        self._streets: tuple[tuple[Feature, ...], CrossStreets] | None = None
        self.setSizeGripEnabled(False)
        self.setFixedHeight(_LINE_PX)
        self.saved = PlainTextLabel()
        self.travel = PlainTextLabel(desk.session.state.basis.travel_label)
        self.place = ElidedLabel()  # it gives way, so that a job's Cancel is never cut
        self.place.setFont(make_figures_font())
        self.desks = PlainTextLabel()
        self.following = RemoteChangesPoller(desk, self)
        self.following.changed.connect(self._show_desks)
        self.desks.hide()
        for label in (self.saved, self.desks, self.travel, self.place):
            label.setContentsMargins(8, 0, 8, 0)
            self.addWidget(label, 1 if label is self.place else 0)
        self.job = PlainTextLabel()
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
        saved = f"Saved {session.formats.clock(at.astimezone(zone))}" if at else "All saved"
        stale = session.store.stale
        unsent = _NOT_SAVED if stale else describe_unsent_entries(session.store)
        self.saved.setText(unsent or saved)
        _mark_problem(self.saved, on=bool(unsent))
        waits = _STALE if stale else _WAITS
        self.saved.setToolTip(waits if unsent else "Every step is saved when it is made.")
        write = session.rewrite
        self.travel.setText(write(session.state.basis.travel_label))
        self.travel.setToolTip(
            f"{write(describe_travel_source(session.project))} Plan > Travel Times changes it."
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
        self.job.setText(f"{title}: {text}" if text else f"{title}…")
        unknown = fraction == INDETERMINATE_FRACTION or fraction < 0
        self.bar.setRange(0, 0 if unknown else _STEPS)
        if not unknown:
            self.bar.setValue(round(fraction * _STEPS))
        for widget in (self.job, self.bar, self.cancel):
            widget.show()

    def _idle(self) -> None:
        for widget in (self.job, self.bar, self.cancel):
            widget.hide()


def _mark_problem(label: QLabel, *, on: bool) -> None:
    """Let a text stand out by weight and color, or step back again."""
    label.setFont(make_strong_font() if on else make_text_font())
    set_style_state(label, "role", "problem" if on else "")
