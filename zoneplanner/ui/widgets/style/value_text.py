"""How the window writes figures, times and places, and its colors and marks for data."""

from datetime import date, datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from zoneplanner.analysis.districting.problem import PROVEN_GAP
from zoneplanner.app.log.unit_board import UnitState
from zoneplanner.app.plans.zone_proposals import describe_proof
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.site import Site, SiteJurisdiction
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.requirements import RequirementStatus
from zoneplanner.domain.roster.shift import SUBSTITUTE_KIND
from zoneplanner.domain.units import name_unit_beside
from zoneplanner.messages import Message, format_count
from zoneplanner.tokens import DATA_PALETTES, zone_color, zone_text_color
from zoneplanner.ui.widgets.style.theme import Theme, fade_color, mix_colors

UNKNOWN_GAP = 0.5
"""A proven gap from here on says too little to be shown."""
NO_VALUE = "–"
MINUS_SIGN = "\u2212"


def format_purpose(purpose: str) -> str:
    """Return a visit's purpose as people write it, or "" if there is none."""
    return "Counseling" if purpose == "counselling" else purpose.capitalize()


_KIND_WORDS = {"sro": "SRO", SUBSTITUTE_KIND: "Relief"}


def format_kind(kind: str) -> str:
    """Return a kind of unit or officer as people write it."""
    return _KIND_WORDS.get(kind) or kind.replace("_", " ").capitalize()


def format_number(value: float | None, digits: int = 0) -> str:
    """Write a figure with thousands separated, or a dash."""
    return NO_VALUE if value is None else f"{value:,.{digits}f}".replace("-", MINUS_SIGN)


def format_share(value: float | None, digits: int = 1, *, signed: bool = False) -> str:
    """Write a share as a percentage, or a dash."""
    if value is None:
        return NO_VALUE
    sign = "+" if signed else ""
    value = round(value, digits + 2) + 0.0  # turns -0.0 into 0.0
    return f"{value:{sign}.{digits}%}".replace("-", MINUS_SIGN)


def format_difference(value: float, digits: int = 1, *, good: bool | None = None) -> str:
    """Write a difference with its sign, or a dash if it rounds to 0.

    An arrow before it points up if the difference is ``good`` and down if it is not; a difference
    that is neither has none.
    """
    shown = round(value, digits)
    if shown == 0:
        return NO_VALUE
    arrow = "" if good is None else "▲ " if good else "▼ "
    return f"{arrow}{shown:+,.{digits}f}".replace("-", MINUS_SIGN)


def format_moment(moment: datetime, session: Session, *, seconds: bool = False) -> str:
    """Write a datetime in the project's time zone as people say it."""
    local, today = moment.astimezone(ZoneInfo(session.project.time_zone)), session.today
    formats, clock = session.formats, session.formats.clock(local, seconds=seconds)
    if local.date() == today:
        return f"Today {clock}"
    if local.date() == today - timedelta(days=1):
        return f"Yesterday {clock}"
    if local.year != today.year:
        return formats.moment(local, seconds=seconds)
    return f"{formats.weekday(local)}{',' if formats.month_first else ''} {clock}"


def format_day(day: date, session: Session) -> str:
    """Write a day as people say it, without a time."""
    today, formats = session.today, session.formats
    recent = {today: "Today", today - timedelta(days=1): "Yesterday"}
    return recent.get(day) or (formats.weekday(day) if day.year == today.year else formats.day(day))


NO_VISIT_ON_RECORD = "No days are on record for visits yet."
VISITS_UNDECLARED = (
    "Not counted until you enter the day from which every visit is logged (Set Up Your Office)."
)
"""Why days since the last visit are a dash."""


def format_days_since_visit(days: float | None) -> str:
    """Write school days since the last visit; inf means no visit, None is a dash."""
    return "none logged" if days == inf else format_number(days)


def describe_jurisdiction(session: Session, placement: SiteJurisdiction) -> str:
    """Describe which jurisdiction a site is in and how far from its boundary."""
    jurisdiction = session.project.jurisdictions.get(placement.jurisdiction or "")
    code = "site_place.near_line" if placement.near_line else "site_place"
    if placement.decided:
        code = "site_place.decided"
    name = jurisdiction.name if jurisdiction else "No known jurisdiction"
    return Message(code, place=name, away_m=placement.line_m).say(session.formats)


def describe_enrollment(site: Site, assumed: int) -> str:
    """Describe how many students a site has and how reliable the figure is."""
    if site.enrollment is None:
        return f"Not known; {assumed} assumed"
    students = format_count(site.enrollment, "student")
    return f"{students}. {site.enrollment_note}" if site.enrollment_note else students


def describe_unit(project: Project, unit_id: str) -> str:
    """Return a unit's name and its agency's short name, to follow the unit's number."""
    unit = project.units.get(unit_id)
    if unit is None:
        return unit_id
    agency, name = project.agencies.get(unit.agency), name_unit_beside(unit.name, unit.id)
    return f"{name}, {agency.short}" if agency else name


def summarize_proof(gap: float, *, combined: bool = False) -> str:
    """Describe in plain words how close to the optimum a plan is proven to be.

    It is ``combined`` if goals other than driving count toward the optimum.
    """
    if gap >= UNKNOWN_GAP:
        return str(Message("proof.unknown"))
    return str(describe_proof(gap, proven=gap <= PROVEN_GAP, combined=combined))


VISIT_CLASS_TEXTS = ("0–1 day", "2–3 days", "4–5 days", "over 5 days")
"""The classes of school days since the last visit, in the order of the theme's ``lateness`` colors;
its last color is for sites that were never visited."""

REQUIREMENT_SIGNS = {
    RequirementStatus.OVERDUE: "!",
    RequirementStatus.DUE: "○",
    RequirementStatus.NOT_RECORDED: "?",
    RequirementStatus.DONE: "✓",
    RequirementStatus.NOT_REQUIRED: "–",
}
"""The sign of a requirement's status, on the map and in tables."""


def get_status_color(status: str, theme: Theme) -> str:
    """Return the color of a requirement's status."""
    return theme.status[list(RequirementStatus).index(RequirementStatus(status))]


def make_zone_fill(index: int, share: float) -> QColor:
    """Return a zone's color with an opacity of ``share`` (0 to 1)."""
    return fade_color(zone_color(index), share)


def blend_over(color: QColor, ground: QColor) -> QColor:
    """Return the opaque color of a translucent one over a ground; opaque colors fill faster."""
    return mix_colors(color.name(), ground.name(), color.alphaF())


def choose_layer_color(index: int, theme: Theme) -> QColor:
    """Return the color of a user's layer, which no zone has."""
    palette = DATA_PALETTES["layers"]
    color = QColor(palette[index % len(palette)])
    return color.lighter(165) if theme.dark else color


def make_zone_color(index: int) -> QColor:
    """Return a zone's color."""
    return QColor(zone_color(index))


def make_zone_text_color(index: int, theme: Theme) -> QColor:
    """Return a zone's color for text, which is readable on the theme's background."""
    if not theme.dark:
        return QColor(zone_text_color(index))
    color = QColor(zone_color(index))
    while color.lightnessF() < 0.62:
        color = color.lighter(112)
    return color


UNIT_MARK_PX = 12.0


def draw_unit_mark(
    painter: QPainter, state: UnitState, at: QPointF, theme: Theme, *, ink: QColor | None = None
) -> None:
    """Draw a unit's mark: a ring, half disc, triangle, square, slash or dotted ring.

    With ``ink``, all states have that color, as on the map, where colors stand for zones.
    """
    half = UNIT_MARK_PX / 2
    box = QRectF(at.x() - half, at.y() - half, UNIT_MARK_PX, UNIT_MARK_PX)
    inner = box.adjusted(1, 1, -1, -1)
    color = ink or theme.color(_STATE_ROLES[state])
    dotted = Qt.PenStyle.DotLine if state is UnitState.OPEN else Qt.PenStyle.SolidLine
    painter.setPen(QPen(color, 2.0, dotted))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    match state:
        case UnitState.AVAILABLE | UnitState.ASSIGNED | UnitState.OPEN:
            painter.drawEllipse(inner)
        case UnitState.DISPATCHED:
            painter.drawEllipse(inner)
            _fill(painter, color)
            painter.drawPie(inner, 90 * 16, 180 * 16)
        case UnitState.EN_ROUTE:
            _fill(painter, color)
            tip = QPointF(box.right(), at.y())
            painter.drawPolygon(QPolygonF([box.topLeft(), tip, box.bottomLeft()]))
        case UnitState.ON_SCENE:
            _fill(painter, color)
            painter.drawRect(inner)
        case UnitState.OUT:
            painter.drawLine(box.bottomLeft(), box.topRight())


_STATE_ROLES = {
    UnitState.AVAILABLE: "good",
    UnitState.ASSIGNED: "warning",
    UnitState.DISPATCHED: "warning",
    UnitState.EN_ROUTE: "accent",
    UnitState.ON_SCENE: "on_scene",
    UnitState.OUT: "muted",
    UnitState.OPEN: "muted",
}


def _fill(painter: QPainter, color: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
