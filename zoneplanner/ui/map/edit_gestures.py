"""What a gesture does to the zones that it touches: before, after, difference."""

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
"""What befalls zones, by the code of the problem."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One figure of a zone as it is written; ``bad`` where it breaks a rule afterward."""

    name: str
    before: str
    after: str
    change: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """One zone before and after a gesture."""

    zone: str
    color: int
    before: ZoneMeasures
    after: ZoneMeasures
    tolerance: float

    @property
    def text(self) -> str:
        """Say how the load changes in one line: before, after, difference."""
        old, new = self.before.load_min, self.after.load_min
        change = format_difference(subtract_as_shown(old, new, 0), 0)
        return f"{self.zone} {old:.0f} → {new:.0f} min ({change})"

    def rows(self) -> tuple[ChangeRow, ...]:
        """Return every figure with its difference."""
        return tuple(self._row(name, key) for name, key in _CHANGE_FIGURES)

    def _row(self, name: str, key: str) -> ChangeRow:
        old, new = float(getattr(self.before, key)), float(getattr(self.after, key))
        if key == "deviation":
            good = MEASURES["deviation"].is_better(old, new)
            return ChangeRow(
                name,
                format_share(old, signed=True).removesuffix("%"),
                format_share(new, signed=True).removesuffix("%"),
                format_difference(
                    subtract_as_shown(old, new, 1, percent=True), good=good, plain=good is None
                ),
                abs(new) > self.tolerance + 1e-9,
            )
        bad = key == "pieces" and new > 1
        return ChangeRow(
            name,
            format_number(old),
            format_number(new),
            format_difference(subtract_as_shown(old, new, 0), 0),
            bad,
        )


def compute_zone_changes(
    before: ProjectState, after: ProjectState, zones: Sequence[str]
) -> tuple[ZoneChange, ...]:
    """Return the changes of some zones that both readings know, in this order."""
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
    """Return changes with the pieces that zones are in by another reading."""
    known = state.figures.zones if state.figures is not None else {}
    return tuple(
        replace(each, after=replace(each.after, pieces=known[each.zone].pieces))
        if each.zone in known
        else each
        for each in changes
    )


def list_zones_of_move(before: ProjectState, after: ProjectState, site: str) -> tuple[str, ...]:
    """Return the zone that a site has before and the one it has after, one where it is the same."""
    if before.plan is None or after.plan is None:
        return ()
    ends = [plan.assignment.get(site) for plan in (before.plan, after.plan)]
    return tuple(dict.fromkeys(zone for zone in ends if zone is not None))


def _list_losing_zones(before: ProjectState, after: ProjectState, target: str) -> tuple[str, ...]:
    """Return the zones that differ but for the target, the one that gives most load first."""
    if before.figures is None or after.figures is None:
        return ()
    old, new = before.figures.zones, after.figures.zones
    changed = [z for z in old if z in new and z != target and old[z] != new[z]]
    return tuple(sorted(changed, key=lambda z: new[z].load_min - old[z].load_min))


def list_new_problems(before: ProjectState, after: ProjectState) -> tuple[str, ...]:
    """Return the problems that are new, the zones of one kind in one line."""
    known = {(problem.code, _place(problem)) for problem in before.problems}
    new = [each for each in after.problems if (each.code, _place(each)) not in known]
    tolerance = after.plan.tolerance if after.plan else 0.0
    lines = []
    for code, title in _NEW_PROBLEMS.items():
        zones = [problem.where["zone"] for problem in new if problem.code == code]
        if zones:
            lines.append(f"{title.format(format_share(tolerance, 0))}: {', '.join(zones)}.")
    return (*lines, *(problem.text for problem in new if problem.code not in _NEW_PROBLEMS))


def _place(problem: CheckFinding) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(problem.where.items()))


class _Gesture:
    """A change of the plan that is shown while a hand makes it, and kept or given up at its end."""

    start: ProjectState
    target_zone: str | None
    """The zone that takes, as shown now."""
    _session: Session

    @property
    def name(self) -> str:
        """What is given, in words."""
        raise NotImplementedError

    def changes(self) -> tuple[ZoneChange, ...]:
        """Return the zones that give and take, as shown now."""
        raise NotImplementedError

    def warnings(self) -> tuple[str, ...]:
        """Return the problems that the gesture would bring, in one sentence each."""
        return list_new_problems(self.start, self._session.state)

    def text(self) -> str:
        """Say what the gesture would do in one line."""
        loads = "; ".join(change.text for change in self.changes())
        return f"{self.name} to {self.target_zone}: {loads}" if loads else ""

    def cancel(self) -> None:
        """Leave everything as it was."""
        self._session.cancel_gesture()


class MoveSiteGesture(SiteMove, _Gesture):
    """A move of one site. ``refusals`` say for each barred zone why the site cannot go there.

    Raises
    ------
    UserError
        Nobody may change plans here, or as ``SiteMove``.
    """

    def __init__(self, session: Session, site_id: str) -> None:
        barred = session.explain_denied_edit()
        if barred:
            raise UserError(barred)
        super().__init__(session, site_id)
        self.start = session.state
        self.target_zone: str | None = None
        self.refusals: Mapping[str, str] = {
            zone.id: refusal.message
            for zone in self.plan.zones
            if zone.id != self.home and (refusal := self.find_refusal(zone.id))
        }

    def preview_target(self, zone: str | None) -> bool:
        """Show what a drop on a zone would do; tell whether anything changed on screen."""
        wanted = None if zone in self.refusals or zone == self.home else zone
        if wanted == self.target_zone:
            return False
        self.target_zone = wanted
        self._session.preview(self._moved)
        return True

    def drop(self) -> str | None:
        """Keep what is shown as one step and return its label; without a target nothing is kept."""
        if self.target_zone is None:
            self._session.cancel_gesture()
            return None
        label = self.label(self.target_zone)
        self._session.commit_gesture(label)
        return label

    def cancel(self) -> None:
        """Leave everything as it was."""
        self.target_zone = None
        super().cancel()

    def changes(self) -> tuple[ZoneChange, ...]:
        """Return the zone that gives and the one that takes, as shown now."""
        if self.target_zone is None:
            return ()
        ends = [zone for zone in (self.home, self.target_zone) if zone is not None]
        return compute_zone_changes(self.start, self._session.state, ends)

    def _moved(self, project: Project) -> Project:
        return project if self.target_zone is None else self.edit(project, self.target_zone)


def find_site_load(state: ProjectState, site_id: str) -> float | None:
    """Return a site's minutes a day, None for one that is not patrolled."""
    at = state.basis.index.get(site_id)
    return None if at is None else float(state.basis.load_min[at])


class AssignGesture(_Gesture):
    """One gesture that gives sites and blocks to a zone; no widget is needed.

    Raises
    ------
    UserError
        There is no draft to change, no target zone, or it is locked.
    """

    def __init__(
        self, session: Session, ground: LandIndex, zone: str | None, source: SourceFilter
    ) -> None:
        session.check_present()
        session.cancel_gesture()  # a plan that is only tried on is not what is changed
        self._session, self.start = session, session.state
        self._who: dict[str, str] = {}
        self.aim = begin_stroke(session.state, ground, zone, source, self._who_locked)
        self.target_zone: str = self.aim.zone
        self.stroke = EMPTY_STROKE

    @property
    def is_current(self) -> bool:
        """False where another hand changed the project or ended the gesture.

        Asked when the session tells of a change that is no preview.
        """
        return self.start is self._session.state and not self.stroke.takes

    @property
    def barred(self) -> frozenset[str]:
        """The zones whose units share no jurisdiction with the target's: behind the wall."""
        project, holds = self.aim.project, self.aim.allowed_jurisdictions
        return frozenset(
            zone.id
            for zone in self.aim.plan.zones
            if not any(project.units[zone.unit].may_be_primary(key) for key in holds)
        )

    def take(self, *, sites: Iterable[str] = (), spots: Iterable[AssignableArea] = ()) -> None:
        """Take more."""
        self._show(extend_stroke(self.aim, self.stroke, sites=sites, spots=spots))

    def put(self, *, sites: Iterable[str] = (), spots: Iterable[AssignableArea] = ()) -> None:
        """Take this and nothing else."""
        self._show(extend_stroke(self.aim, EMPTY_STROKE, sites=sites, spots=spots))

    def keep(self) -> str:
        """Keep what is shown as one step of the history and say what happened.

        What cannot be saved is a UserError, and everything is as it was.
        """
        if self.stroke.takes:
            self._session.commit_gesture(f"Assign {self.name} to {self.target_zone}")
        return describe_stroke(self.aim, self.stroke)

    @property
    def name(self) -> str:
        """What is taken, in words."""
        return name_stroke(self.aim, self.stroke)

    @property
    def unchanged_text(self) -> str:
        """What stays and why, in words; empty where nothing does."""
        return explain_refusals(self.aim, self.stroke) if self.stroke.refusals else ""

    def changes(self) -> tuple[ZoneChange, ...]:
        """Return the zone that gives most and the one that takes, as shown now."""
        ends = (*self._losing()[: _CHANGED_ZONES_SHOWN - 1], self.target_zone)
        now = self._session.state
        return compute_zone_changes(self.start, now, ends) if self.stroke.takes else ()

    def others(self) -> tuple[str, ...]:
        """Return the zones that give too and are not among ``changes``."""
        return self._losing()[_CHANGED_ZONES_SHOWN - 1 :]

    def _losing(self) -> tuple[str, ...]:
        return _list_losing_zones(self.start, self._session.state, self.target_zone)

    def _who_locked(self, shut: PlanLock) -> str:
        """Say who set a lock; it is asked for once a stroke."""
        plan = self.start.plan
        if shut.key not in self._who and plan is not None:
            self._who[shut.key] = describe_lock_author(self._session, plan, shut)
        return self._who.get(shut.key, "")

    def _show(self, stroke: AssignmentStroke) -> None:
        before, self.stroke = self.stroke, stroke
        if stroke.sites == before.sites and stroke.blocks == before.blocks:
            return
        if stroke.takes:
            self._session.preview(lambda project: apply_stroke(project, self.aim, stroke))
        else:
            self._session.cancel_gesture()
