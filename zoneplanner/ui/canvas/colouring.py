"""What the sites are coloured by, and how each one looks for it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from zoneplanner.analysis.classes import FEWEST, MOST, NO_CLASSES, Classes
from zoneplanner.app.reading import Reading
from zoneplanner.app.themes import (
    READINESS,
    SUBJECTS,
    ZONE,
    Logged,
    SiteValues,
    classed,
    site_values,
)
from zoneplanner.app.what_if import PLANNED_KIND
from zoneplanner.domain.locks import held_sites
from zoneplanner.domain.readiness import Status
from zoneplanner.domain.site import Site
from zoneplanner.ui.canvas import symbols
from zoneplanner.ui.canvas.shades import SIGNS, Shade, shades_of
from zoneplanner.ui.canvas.symbols import Look
from zoneplanner.ui.kit.palette import solid
from zoneplanner.ui.kit.theme import Theme

_USUAL_COUNT = 5
_SIZES = ((7.0, 1.5), (14.0, 1.25), (34.0, 1.0), (56.0, 0.84))
_SMALLEST = 0.62
_LEAST_WITH_SIGN_PX, _SIGNED_SHARE = 17.0, 0.84
_MARK_OF_NOTE = {
    "near_line": symbols.NEAR_LINE,
    "stacked": symbols.STACKED,
    "enrollment_missing": symbols.ENROLLMENT,
    "enrollment_misleading": symbols.ENROLLMENT,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person wants to see: a subject of ``app.themes``, and how its figures are classed."""

    subject: str = ZONE
    method: str = ""
    count: int = _USUAL_COUNT

    @property
    def way(self) -> str:
        """The method, or the subject's usual one where it does not have that."""
        methods = SUBJECTS[self.subject].methods
        return self.method if self.method in methods else next(iter(methods), "")

    @property
    def text(self) -> str:
        """The choice as one text, which ``choice_of`` reads."""
        return f"{self.subject} {self.count} {self.method}"


def choice_of(text: str) -> Choice | None:
    """Read the text of a choice; None where it is none that this program knows."""
    subject, count, method = [*text.split(), "", "", ""][:3]
    if subject not in SUBJECTS or not count.isdecimal() or not FEWEST <= int(count) <= MOST:
        return None
    return Choice(subject, method, int(count))


@dataclass(frozen=True, eq=False, slots=True)
class Colouring:
    """How the sites are coloured in one reading. ``place`` gives each site's shade."""

    choice: Choice
    values: SiteValues | None = None
    classes: Classes = NO_CLASSES
    shades: tuple[Shade, ...] = ()
    place: Mapping[str, int] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """The key of what the sites are coloured by."""
        return self.choice.subject

    def sites_of(self, shade: int | None) -> frozenset[str] | None:
        """Return the sites of a shade by its place, None where there is no such shade."""
        known = shade is not None and shade < len(self.shades)
        return self.shades[shade].sites if known and shade is not None else None

    def caption_of(self, zone: str) -> str:
        """Return the words under a zone's number, such as who is there; else nothing."""
        return "" if self.values is None else self.values.captions.get(zone, "")

    def sign_of(self, reading: Reading, zone: str) -> str:
        """Return the sign and number of a zone's sites that need attention most; else nothing."""
        if self.values is None or self.subject != READINESS or reading.plan is None:
            return ""
        found = Counter(
            self.values.values.get(site)
            for site, own in reading.plan.assignment.items()
            if own == zone
        )
        worst = next((status for status in (Status.OVERDUE, Status.DUE) if found[status]), None)
        if worst is not None:
            return f" {SIGNS[worst]}{found[worst]}"
        blank = found[Status.NOT_RECORDED]
        if blank:
            return f" {SIGNS[Status.NOT_RECORDED]}{blank}"
        return f" {SIGNS[Status.DONE]}" if found[Status.DONE] else ""


def colour_by(
    choice: Choice, reading: Reading, logged: Logged, theme: Theme, held: Classes | None = None
) -> Colouring:
    """Colour the sites of a reading; ``held`` classes stay, and sites pass between them."""
    if choice.subject == ZONE:
        return Colouring(choice)
    values = site_values(choice.subject, reading, logged)
    found = classed(values, choice.way, choice.count) if held is None else held
    shades = shades_of(values, found, choice.way, reading, theme)
    place = {site: at for at, shade in enumerate(shades) for site in shade.sites}
    return Colouring(choice, values, found, shades, place)


def growth(m_px: float) -> float:
    """Return how much larger symbols are at a scale than on a map of the district of usual size."""
    for nearer_than, factor in _SIZES:
        if m_px < nearer_than:
            return factor
    return _SMALLEST


def marks_of(reading: Reading) -> dict[str, tuple[str, ...]]:
    """Return the marks of each site that has any, in a fixed order."""
    found: dict[str, set[str]] = {}
    for note in reading.notes:
        mark = _MARK_OF_NOTE.get(note.code)
        if mark is None:
            continue
        for site in note.where.get("sites", note.where.get("site", "")).split(";"):
            found.setdefault(site, set()).add(mark)
    for site in held_sites(reading.project, reading.plan) if reading.plan else ():
        found.setdefault(site, set()).add(symbols.LOCKED)
    return {site: tuple(m for m in symbols.MARKS if m in own) for site, own in found.items()}


def look_of(
    site: Site,
    reading: Reading,
    theme: Theme,
    *,
    zone_colours: Mapping[str, int],
    shade: Shade | None,
    marks: tuple[str, ...],
    factor: float,
    ring: str = "",
    faded: bool = False,
) -> Look:
    """Return how a site looks at a scale: in its shade, or without one in its zone's colour.

    ``faded`` sites step back behind those of the class that is picked in the legend.
    """
    shape = symbols.shape_of(site.level)
    size = symbols.size_px(site.level) * factor
    dashed = site.kind == PLANNED_KIND
    if not site.patrolled or faded:
        pale, muted = theme.site_pale, theme.muted
        return Look(shape, size * 0.8, pale, muted, muted, "", (), ring, True, dashed=dashed)
    if shade is not None:
        sign = shade.signs.get(site.id, shade.sign)
        size = shade.size_px * factor if shade.size_px else size
        return Look(
            shape,
            max(size, _LEAST_WITH_SIGN_PX * min(1.0, factor / _SIGNED_SHARE)) if sign else size,
            shade.fill,
            shade.ink,
            theme.site_edge,
            sign,
            marks,
            ring,
            hatched=shade.missing and not sign,
            dashed=dashed,
        )
    zone = reading.plan.assignment.get(site.id) if reading.plan else None
    if zone is None or zone not in zone_colours:
        return Look(
            shape,
            size,
            theme.unassigned,
            theme.text,
            theme.site_edge,
            "",
            marks,
            ring or theme.warning,
            dashed=dashed,
        )
    fill = solid(zone_colours[zone]).name()
    edge = theme.site_edge
    return Look(shape, size, fill, theme.text, edge, "", marks, ring, dashed=dashed)
