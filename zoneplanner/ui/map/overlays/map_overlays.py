"""What stands on the map in its corners and at the pointer, kept in place together."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QWidget

from zoneplanner.app.geography.map_themes import VISIT, ZONE
from zoneplanner.app.plans.what_if import PLANNED_KIND
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.geography.site import format_level
from zoneplanner.domain.plans.plan import Pin
from zoneplanner.messages import format_count
from zoneplanner.ui.map.edit_gestures import find_site_load
from zoneplanner.ui.map.overlays.legend import Legend
from zoneplanner.ui.map.overlays.painted_overlay import Attribution, PointerCard, ScaleBar
from zoneplanner.ui.map.symbology.site_coloring import ColoringChoice, SiteColoring
from zoneplanner.ui.widgets.style.theme import PANEL_MARGIN_PX, SPACING_PX, Theme
from zoneplanner.ui.widgets.style.value_text import format_number

_MARK_PX = 6
"""About half a symbol: so far from its middle nothing lies over it."""


class MapOverlays:
    """Credits at the bottom left, scale bar and legend at the bottom right, card at the pointer."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        self.scale_bar = ScaleBar(theme, parent)
        self.credits = Attribution(theme, parent)
        self.legend = Legend(theme, parent)
        self.card = PointerCard(theme, parent)
        self._coloring = SiteColoring(ColoringChoice())
        self._bar_place = 0

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        for part in (self.scale_bar, self.credits, self.legend, self.card):
            part.set_theme(theme)

    def show_reading(self, reading: ProjectState, coloring: SiteColoring) -> None:
        """Explain what the map shows."""
        self._coloring = coloring
        self.legend.set_reading(reading, coloring)

    def lay_out(self, rect: QRect, marks: Sequence[QPoint] | None = None) -> None:
        """Put everything in its corner, the scale bar where it covers the fewest of the marks.

        Without marks it stays in the place that it had: a map that is moved does not move it.
        """
        self.credits.fit(rect.width())
        self.credits.move(0, rect.bottom() + 1 - self.credits.height())
        legend, bar = self.legend, self.scale_bar
        bottom = rect.bottom() - SPACING_PX - PANEL_MARGIN_PX // 2
        x = rect.right() - PANEL_MARGIN_PX - legend.width()
        narrow = not self.credits.isHidden() and x < self.credits.width() + SPACING_PX
        above = self.credits.height() if narrow else 0
        legend.move(x, bottom - above - legend.height())
        left = legend.x() - SPACING_PX - bar.width()
        above_legend = legend.y() - SPACING_PX // 2 - bar.height()
        places = []
        if left > self.credits.width() or self.credits.isHidden():
            places = [QPoint(left, bottom - bar.height())]
        elif left > PANEL_MARGIN_PX:
            above = rect.bottom() - SPACING_PX // 2 - self.credits.height() - bar.height()
            right = rect.right() - PANEL_MARGIN_PX - bar.width()
            places = [QPoint(left, above), QPoint(right, above_legend)]
        places.append(QPoint(PANEL_MARGIN_PX, above_legend))

        def count_covered(place: QPoint) -> int:
            room = QRect(place, bar.size()).adjusted(-_MARK_PX, -_MARK_PX, _MARK_PX, _MARK_PX)
            return sum(room.contains(mark) for mark in marks or ())

        if marks is not None:
            self._bar_place = min(range(len(places)), key=lambda at: count_covered(places[at]))
        bar.move(places[min(self._bar_place, len(places) - 1)])

    @property
    def occupied_rects(self) -> tuple[QRect, ...]:
        """What the corners hold of the map, so that no word is put under it."""
        parts = (self.scale_bar, self.credits, self.legend)
        return tuple(part.geometry() for part in parts if not part.isHidden())

    def follow(self, coloring: SiteColoring) -> None:
        """Follow a gesture: figures and bars change, nothing else."""
        self._coloring = coloring
        self.legend.follow(coloring)

    def show_site(self, reading: ProjectState, site_id: str | None, at: QPoint) -> None:
        """Say at the pointer which site is under it; None hides the card."""
        if site_id is None or site_id not in reading.project.sites:
            self.card.hide()
            return
        self.card.show_site(reading.project.sites[site_id].name, self._about(reading, site_id), at)

    def show_pin(self, session: Session, pin: Pin, at: QPoint) -> None:
        """Show the text of a note, who pinned it and when."""
        local = pin.at.astimezone(ZoneInfo(session.project.time_zone))
        when = session.formats.moment(local)
        by = f"Pinned by {pin.by}" if pin.by else "Pinned"
        self.card.show_site(
            pin.text,
            [f"{by}, {when}. Click to edit it, drag to move it."],
            at,
        )

    def _about(self, reading: ProjectState, site_id: str) -> list[str]:
        site = reading.project.sites[site_id]
        rows = [format_level(site.level) + (", planned" if site.kind == PLANNED_KIND else "")]
        if not site.patrolled:
            return [*rows, "Not in patrol"]
        zone = reading.plan.assignment.get(site_id) if reading.plan else None
        load = find_site_load(reading, site_id)
        rows.append(f"Zone {zone}" if zone else "No zone yet")
        rows[-1] += f" · {format_number(load)} min a day" if load is not None else ""
        if self._coloring.subject != ZONE:
            rows.append(_describe_coloring_value(self._coloring, site_id))
        rows += [note.text for note in reading.notes if _names_site(note.where, site_id)]
        return rows


def _describe_coloring_value(coloring: SiteColoring, site_id: str) -> str:
    """Say a site's value of what the sites are colored by."""
    if coloring.values is None:
        return ""
    subject, value = coloring.values.subject, coloring.values.values.get(site_id)
    if subject.key == VISIT and value is None and not coloring.values.declared:
        return f"{subject.name}: no one has declared which days are complete"
    if subject.key == VISIT:
        return _describe_last_visit(int(value) if isinstance(value, int | float) else None)
    place = coloring.place.get(site_id)
    shown = coloring.shades[place].text if place is not None else subject.none
    if isinstance(value, int | float):
        shown = f"{format_number(value, 0 if float(value).is_integer() else 1)} {subject.unit}"
    return f"{subject.name}: {shown}"


def _describe_last_visit(days: int | None) -> str:
    """Say when a site was last visited."""
    if days is None:
        return "No visit logged yet"
    if days == 0:
        return "Visited since the last school day"
    return f"Last visit {format_count(days, 'school day')} ago"


def _names_site(where: Mapping[str, str], site_id: str) -> bool:
    return site_id in where.get("sites", where.get("site", "")).split(";")
