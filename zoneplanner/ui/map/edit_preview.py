"""Gestures that edit a plan, and the zones' figures before and after them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from zoneplanner.analysis.geometry.land_index import AssignableArea, LandIndex
from zoneplanner.analysis.measures.plan_measures import MEASURES, ZoneMeasures, subtract_as_shown
from zoneplanner.app.plans.manual_assignment import (
    EMPTY_STROKE,
    AssignmentStroke,
    SiteMove,
    SourceFilter,
    apply_stroke,
    begin_stroke,
    describe_lock_author,
    describe_stroke,
    explain_refusals,
    extend_stroke,
    name_stroke,
)
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.domain.plans.plan import PlanLock
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.style.value_text import format_difference, format_number, format_share

_CHANGED_ZONES_SHOWN = 2
_CHANGE_FIGURES = (
    ("Load, min", "load_min"),
    ("Deviation, %", "deviation"),
    ("Drive, min", "drive_min_per_day"),
    ("Students", "students"),
    ("Pieces", "pieces"),
)
_NEW_PROBLEMS = {
    "over_tolerance": "Now outside ±{}",
    "in_pieces": "Now in pieces",
    "empty_zone": "Now without a site",
}
"""Titles of problems of zones, by their code; {} is the tolerance."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A zone's figure before and after as strings; ``bad`` if it breaks a rule afterward."""

    name: str
    before: str
    after: str
    change: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """A zone before and after a gesture."""

    zone: str
    color: int
    before: ZoneMeasures
    after: ZoneMeasures
    tolerance: float

    @property
    def text(self) -> str:
        """The change of the load in one line: before, after, difference."""
        old, new = self.before.load_min, self.after.load_min
        change = format_difference(subtract_as_shown(old, new, 0), 0)
        return f"{self.zone} {old:.0f} → {new:.0f} min ({change})"

    def rows(self) -> tuple[ChangeRow, ...]:
        """Return every figure with its difference."""
        return tuple(self._row(name, key) for name, key in _CHANGE_FIGURES)

    def _row(self, name: str, key: str) -> ChangeRow:
        old, new = float(getattr(self.before, key)), float(getattr(self.after, key))
        if key != "deviation":
            difference = format_difference(subtract_as_shown(old, new, 0), 0)
            bad = key == "pieces" and new > 1
            return ChangeRow(name, format_number(old), format_number(new), difference, bad)
        good = MEASURES["deviation"].is_better(old, new)
        change = subtract_as_shown(old, new, 1, percent=True)
        return ChangeRow(
            name,
            format_share(old, signed=True).removesuffix("%"),
            format_share(new, signed=True).removesuffix("%"),
            format_difference(change, good=good),
            abs(new) > self.tolerance + 1e-9,
        )


def compute_zone_changes(
    before: ProjectState, after: ProjectState, zones: Sequence[str]
) -> tuple[ZoneChange, ...]:
    """Return the changes of the zones that exist in both states, in this order."""
    if before.figures is None or after.figures is None or after.plan is None:
        return ()
    colors = {zone.id: zone.color for zone in after.plan.zones}
    old, new = before.figures.zones, after.figures.zones
    return tuple(
        ZoneChange(zone, colors[zone], old[zone], new[zone], after.plan.tolerance)
        for zone in zones
        if zone in old and zone in new
    )


def update_piece_counts(
    state: ProjectState, changes: Sequence[ZoneChange]
) -> tuple[ZoneChange, ...]:
    """Return changes with the zones' piece counts in another state."""
    figures = state.figures.zones if state.figures is not None else {}
    return tuple(
        replace(change, after=replace(change.after, pieces=figures[change.zone].pieces))
        if change.zone in figures
        else change
        for change in changes
    )


def list_zones_of_move(before: ProjectState, after: ProjectState, site: str) -> tuple[str, ...]:
    """Return a site's zones before and after, only one if it is the same."""
    if before.plan is None or after.plan is None:
        return ()
    zones = [plan.assignment.get(site) for plan in (before.plan, after.plan)]
    return tuple(dict.fromkeys(zone for zone in zones if zone is not None))


def _list_losing_zones(before: ProjectState, after: ProjectState, target: str) -> tuple[str, ...]:
    """Return the changed zones without the target, those that lose most load first."""
    if before.figures is None or after.figures is None:
        return ()
    old, new = before.figures.zones, after.figures.zones
    changed = [z for z in old if z in new and z != target and old[z] != new[z]]
    return tuple(sorted(changed, key=lambda z: new[z].load_min - old[z].load_min))


def list_new_problems(before: ProjectState, after: ProjectState) -> tuple[str, ...]:
    """Return the new problems as strings, with the zones of one kind in one line."""
    known = {(problem.code, _make_place_key(problem)) for problem in before.problems}
    new = [
        problem
        for problem in after.problems
        if (problem.code, _make_place_key(problem)) not in known
    ]
    tolerance = after.plan.tolerance if after.plan else 0.0
    lines = []
    for code, title in _NEW_PROBLEMS.items():
        zones = [problem.where["zone"] for problem in new if problem.code == code]
        if zones:
            lines.append(f"{title.format(format_share(tolerance, 0))}: {', '.join(zones)}.")
    return (*lines, *(problem.text for problem in new if problem.code not in _NEW_PROBLEMS))


def _make_place_key(problem: CheckFinding) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(problem.where.items()))


class _Gesture:
    """An edit of the plan that is previewed until it is saved or canceled at its end."""

    start: ProjectState
    target_zone: str | None
    """The zone that receives something in the preview."""
    _session: Session

    @property
    def name(self) -> str:
        """What is assigned, in words."""
        raise NotImplementedError

    def changes(self) -> tuple[ZoneChange, ...]:
        """Return the changed zones of the preview."""
        raise NotImplementedError

    def warnings(self) -> tuple[str, ...]:
        """Return the problems that the gesture would cause, a sentence each."""
        return list_new_problems(self.start, self._session.state)

    def text(self) -> str:
        """Return what the gesture would do in one line."""
        loads = "; ".join(change.text for change in self.changes())
        return f"{self.name} to {self.target_zone}: {loads}" if loads else ""

    def cancel(self) -> None:
        """Restore everything as it was before the gesture."""
        self._session.cancel_gesture()


class MoveSiteGesture(SiteMove, _Gesture):
    """A move of a site to another zone; ``refusals`` has the reasons by forbidden zone.

    Raises
    ------
    UserError
        Plans cannot be edited here, or as ``SiteMove``.
    """

    def __init__(self, session: Session, site_id: str) -> None:
        if denied := session.explain_denied_edit():
            raise UserError(denied)
        super().__init__(session, site_id)
        self.start = session.state
        self.target_zone: str | None = None
        self.refusals: Mapping[str, str] = {
            zone.id: refusal.message
            for zone in self.plan.zones
            if zone.id != self.home and (refusal := self.find_refusal(zone.id))
        }

    def preview_target(self, zone: str | None) -> bool:
        """Preview a drop on a zone; return whether the preview changed."""
        target = None if zone in self.refusals or zone == self.home else zone
        if target == self.target_zone:
            return False
        self.target_zone = target
        self._session.preview(self._move_to_target)
        return True

    def drop(self) -> str | None:
        """Save the preview as one step and return its label; without a target, return None."""
        if self.target_zone is None:
            self._session.cancel_gesture()
            return None
        label = self.label(self.target_zone)
        self._session.commit_gesture(label)
        return label

    def cancel(self) -> None:
        """Restore everything as it was before the gesture."""
        self.target_zone = None
        super().cancel()

    def changes(self) -> tuple[ZoneChange, ...]:
        """Return the changes of the site's zone and of the target zone."""
        if self.target_zone is None:
            return ()
        zones = [zone for zone in (self.home, self.target_zone) if zone is not None]
        return compute_zone_changes(self.start, self._session.state, zones)

    def _move_to_target(self, project: Project) -> Project:
        return project if self.target_zone is None else self.edit(project, self.target_zone)


def find_site_load(state: ProjectState, site_id: str) -> float | None:
    """Return a site's load in minutes per day, or None if it is not patrolled."""
    index = state.basis.index.get(site_id)
    return None if index is None else float(state.basis.load_min[index])


class AssignGesture(_Gesture):
    """A gesture that assigns sites and blocks to a zone; it needs no widget.

    Raises
    ------
    UserError
        There is no draft, no target zone, or the target zone is locked.
    """

    def __init__(
        self, session: Session, ground: LandIndex, zone: str | None, source: SourceFilter
    ) -> None:
        session.require_present_state()
        session.cancel_gesture()  # edit the plan itself, not one that is only previewed
        self._session, self.start = session, session.state
        self._lock_authors: dict[str, str] = {}
        self.start_of_stroke = begin_stroke(
            session.state, ground, zone, source, self._describe_lock_author
        )
        self.target_zone: str = self.start_of_stroke.zone
        self.stroke = EMPTY_STROKE

    @property
    def is_current(self) -> bool:
        """Whether nothing else has changed the project or ended the gesture.

        Only meaningful after a change of the session that is not a preview.
        """
        return self.start is self._session.state and not self.stroke.takes

    @property
    def barred(self) -> frozenset[str]:
        """The zones whose units share no jurisdiction with the target zone's unit."""
        project, areas = self.start_of_stroke.project, self.start_of_stroke.allowed_jurisdictions
        return frozenset(
            zone.id
            for zone in self.start_of_stroke.plan.zones
            if not any(project.units[zone.unit].may_be_primary(area) for area in areas)
        )

    def take(self, *, sites: Iterable[str] = (), spots: Iterable[AssignableArea] = ()) -> None:
        """Add sites and blocks to the stroke."""
        self._show(extend_stroke(self.start_of_stroke, self.stroke, sites=sites, spots=spots))

    def replace_with(
        self, *, sites: Iterable[str] = (), spots: Iterable[AssignableArea] = ()
    ) -> None:
        """Let the stroke consist of only these sites and blocks."""
        self._show(extend_stroke(self.start_of_stroke, EMPTY_STROKE, sites=sites, spots=spots))

    def save(self) -> str:
        """Save the preview as one step of the history, and return what happened.

        Raises UserError, with everything as before the gesture, if it cannot be saved.
        """
        if self.stroke.takes:
            self._session.commit_gesture(f"Assign {self.name} to {self.target_zone}")
        return describe_stroke(self.start_of_stroke, self.stroke)

    @property
    def name(self) -> str:
        """What is assigned, in words."""
        return name_stroke(self.start_of_stroke, self.stroke)

    @property
    def unchanged_text(self) -> str:
        """What stays in its zone and why, in words, or "" if nothing does."""
        return explain_refusals(self.start_of_stroke, self.stroke) if self.stroke.refusals else ""

    def changes(self) -> tuple[ZoneChange, ...]:
        """Return the changes of the zone that loses most and of the target zone."""
        if not self.stroke.takes:
            return ()
        zones = (*self._list_losing_zones_now()[: _CHANGED_ZONES_SHOWN - 1], self.target_zone)
        return compute_zone_changes(self.start, self._session.state, zones)

    def others(self) -> tuple[str, ...]:
        """Return the losing zones that are not among ``changes``."""
        return self._list_losing_zones_now()[_CHANGED_ZONES_SHOWN - 1 :]

    def _list_losing_zones_now(self) -> tuple[str, ...]:
        return _list_losing_zones(self.start, self._session.state, self.target_zone)

    def _describe_lock_author(self, lock: PlanLock) -> str:
        """Return who set a lock, which is looked up once in a stroke."""
        plan = self.start.plan
        if lock.key not in self._lock_authors and plan is not None:
            self._lock_authors[lock.key] = describe_lock_author(self._session, plan, lock)
        return self._lock_authors.get(lock.key, "")

    def _show(self, stroke: AssignmentStroke) -> None:
        before, self.stroke = self.stroke, stroke
        if stroke.sites == before.sites and stroke.blocks == before.blocks:
            return
        if stroke.takes:
            self._session.preview(
                lambda project: apply_stroke(project, self.start_of_stroke, stroke)
            )
        else:
            self._session.cancel_gesture()
