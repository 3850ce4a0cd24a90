"""What the sites are colored by, and how each one looks for it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from operator import is_not

from zoneplanner.analysis.measures.class_breaks import (
    MAX_CLASSES,
    MIN_CLASSES,
    NO_CLASS_BREAKS,
    ClassBreaks,
)
from zoneplanner.analysis.response.conditions import USUAL_CONDITIONS
from zoneplanner.app.geography.map_themes import (
    MAP_THEMES,
    READINESS,
    VISIT,
    ZONE,
    ThemeInputs,
    ThemeValues,
    build_readiness_inputs,
    classify_theme_values,
    compute_theme_values,
    read_theme_inputs,
)
from zoneplanner.app.plans.what_if import PLANNED_KIND
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.locks import map_locked_sites
from zoneplanner.domain.readiness.requirements import WORST_FIRST, RequirementStatus
from zoneplanner.tokens import MapScale
from zoneplanner.ui.map.symbology import symbols_and_fills
from zoneplanner.ui.map.symbology.color_classes import (
    ColorClass,
    build_color_classes,
)
from zoneplanner.ui.map.symbology.symbols_and_fills import SiteSymbol
from zoneplanner.ui.widgets.services.ui_context import ReadinessReader, SessionBridge
from zoneplanner.ui.widgets.style.data_colors import make_zone_color
from zoneplanner.ui.widgets.style.theme import Theme

_DEFAULT_CLASS_COUNT = 5
_LEAST_WITH_SIGN_PX = 17.0
_MARK_OF_NOTE = {
    "near_line": symbols_and_fills.NEAR_LINE_MARK,
    "stacked": symbols_and_fills.STACKED_MARK,
    "enrollment_missing": symbols_and_fills.ENROLLMENT_MARK,
    "enrollment_misleading": symbols_and_fills.ENROLLMENT_MARK,
}


@dataclass(frozen=True, slots=True)
class ColoringChoice:
    """What a person wants to see: a subject of ``app.themes``, and how its figures are classed."""

    subject: str = ZONE
    method: str = ""
    count: int = _DEFAULT_CLASS_COUNT

    @property
    def effective_method(self) -> str:
        """The method, or the subject's usual one where it does not have that."""
        methods = MAP_THEMES[self.subject].methods
        return self.method if self.method in methods else next(iter(methods), "")

    @property
    def text(self) -> str:
        """The choice as one text, which ``parse_coloring_choice`` reads."""
        return f"{self.subject} {self.count} {self.method}"


def parse_coloring_choice(text: str) -> ColoringChoice | None:
    """Read the text of a choice; None where it is none that this program knows."""
    subject, count, method = [*text.split(), "", "", ""][:3]
    if (
        subject not in MAP_THEMES
        or not count.isdecimal()
        or not MIN_CLASSES <= int(count) <= MAX_CLASSES
    ):
        return None
    return ColoringChoice(subject, method, int(count))


@dataclass(frozen=True, eq=False, slots=True)
class SiteColoring:
    """How the sites are colored in one reading. ``place`` gives each site's shade."""

    choice: ColoringChoice
    values: ThemeValues | None = None
    classes: ClassBreaks = NO_CLASS_BREAKS
    shades: tuple[ColorClass, ...] = ()
    place: Mapping[str, int] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """The key of what the sites are colored by."""
        return self.choice.subject

    def list_class_sites(self, shade: int | None) -> frozenset[str] | None:
        """Return the sites of a shade by its place, None where there is no such shade."""
        known = shade is not None and shade < len(self.shades)
        return self.shades[shade].sites if known and shade is not None else None

    def get_zone_caption(self, reading: ProjectState, zone: str) -> str:
        """Return the words under a zone's number: who is there, how many sites are late or due."""
        if self.values is None:
            return ""
        if self.subject != READINESS or reading.plan is None:
            return self.values.captions.get(zone, "")
        found = Counter(
            self.values.values.get(site)
            for site, own in reading.plan.assignment.items()
            if own == zone
        )
        worst = next((status for status in WORST_FIRST if found[status]), None)
        if worst in (None, RequirementStatus.NOT_REQUIRED):
            return ""
        number = "all" if worst is RequirementStatus.DONE else str(found[worst])
        return f"{number} {worst.removesuffix(' on file')}"


def compute_coloring(
    choice: ColoringChoice,
    reading: ProjectState,
    logged: ThemeInputs,
    theme: Theme,
    *,
    held: ClassBreaks | None = None,
    ground: Callable[[], ProjectState] | None = None,
) -> SiteColoring:
    """Color the sites of a reading; ``held`` classes stay, and sites pass between them.

    Classes are those of the ``ground`` of a what-if, under the usual conditions: so a color means
    the same whatever is supposed. What is on record is counted of its sites, whatever is supposed.
    """
    if choice.subject == ZONE:
        return SiteColoring(choice)
    fact = ground() if ground else reading
    recorded = choice.subject in (VISIT, READINESS)
    values = compute_theme_values(choice.subject, fact if recorded else reading, logged)
    method = choice.effective_method
    if held is None:
        usual = values
        if fact is not reading or logged.under != USUAL_CONDITIONS:
            plainly = replace(logged, under=USUAL_CONDITIONS)
            usual = compute_theme_values(choice.subject, fact, plainly)
        held = classify_theme_values(usual, method, choice.count)
    found = held
    shades = build_color_classes(values, found, method, reading, theme)
    place = {site: at for at, shade in enumerate(shades) for site in shade.sites}
    return SiteColoring(choice, values, found, shades, place)


def collect_site_marks(reading: ProjectState) -> dict[str, tuple[str, ...]]:
    """Return the marks of each site that has any, in a fixed order."""
    found: dict[str, set[str]] = {}
    for note in reading.notes:
        mark = _MARK_OF_NOTE.get(note.code)
        if mark is None:
            continue
        for site in note.where.get("sites", note.where.get("site", "")).split(";"):
            found.setdefault(site, set()).add(mark)
    for site in map_locked_sites(reading.project, reading.plan) if reading.plan else ():
        found.setdefault(site, set()).add(symbols_and_fills.LOCKED_MARK)
    return {
        site: tuple(m for m in symbols_and_fills.SITE_MARKS if m in own)
        for site, own in found.items()
    }


def build_site_symbol(
    site: Site,
    reading: ProjectState,
    theme: Theme,
    *,
    zone_colors: Mapping[str, int],
    shade: ColorClass | None,
    marks: tuple[str, ...],
    scale: MapScale,
    ring: str = "",
    faded: bool = False,
) -> SiteSymbol:
    """Return how a site looks at a scale: in its shade, or without one in its zone's color.

    ``faded`` sites step back behind those of the class that is picked in the legend.
    """
    shape = symbols_and_fills.get_level_shape(site.level)
    size = symbols_and_fills.get_level_size_px(site.level) * scale.site
    marks, dashed = marks[: scale.badges], site.kind == PLANNED_KIND
    if not site.patrolled or faded:
        pale, muted = theme.site_pale, theme.muted
        return SiteSymbol(shape, size * 0.8, pale, muted, muted, "", (), ring, True, dashed=dashed)
    if shade is not None:
        sign = shade.signs.get(site.id, shade.sign)
        size = shade.size_px * scale.site if shade.size_px else size
        return SiteSymbol(
            shape,
            max(size, _LEAST_WITH_SIGN_PX * min(1.0, scale.site)) if sign else size,
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
    color = zone_colors.get(zone or "")
    fill = theme.unassigned if color is None else make_zone_color(color).name()
    if color is None:
        ring = ring or symbols_and_fills.UNASSIGNED_RING
    edge = theme.site_edge
    return SiteSymbol(shape, size, fill, theme.text, edge, "", marks, ring, dashed=dashed)


class ColoringInputs:
    """Reads it anew only where what it says of a subject can differ; ``logged`` is the last."""

    def __init__(
        self, session: Session, bridge: SessionBridge, readiness: ReadinessReader | None
    ) -> None:
        self.logged = ThemeInputs()
        self._session, self._bridge, self._readiness = session, bridge, readiness
        self._subject_and_day = ""
        self._of: tuple[object, ...] = ()

    def read(self, subject: str) -> ThemeInputs:
        """Return what a subject of ``app.themes`` needs, under the conditions of the window."""
        if subject == READINESS and self._readiness is not None:
            request = self._readiness.request()
            return build_readiness_inputs(request, self._session.saved_project)
        if self.may_differ(subject):
            self.logged = read_theme_inputs(self._session, subject, last=self._bridge.last_day)
            self._subject_and_day, self._of = self._now(subject)
        self.logged = replace(self.logged, under=self._bridge.conditions)
        return self.logged

    def may_differ(self, subject: str) -> bool:
        """Tell whether a subject can be otherwise than it was read last."""
        asked, of = self._now(subject)
        changed = asked != self._subject_and_day or any(map(is_not, of, self._of))
        return changed or subject == READINESS

    def _now(self, subject: str) -> tuple[str, tuple[object, ...]]:
        session, project = self._session, self._session.project
        of = (
            *(session.last_visits, project.sites, project.calendar, project.rules),
            project.rule_pack,
            *(project.shifts, project.records),
        )
        return f"{subject} {session.today} {self._bridge.last_day}", of
