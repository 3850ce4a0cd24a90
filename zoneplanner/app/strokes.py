"""What a gesture over the map takes for a zone, and why the rest stays where it is."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from zoneplanner.analysis.basis import PlanningBasis
from zoneplanner.analysis.ground import AssignableArea, LandIndex
from zoneplanner.app.reading import ProjectState
from zoneplanner.domain.edits import explain_zone_refusal
from zoneplanner.domain.locks import describe_lock, find_blocking_lock, find_zone_lock
from zoneplanner.domain.plan import Plan, PlanLock
from zoneplanner.domain.planning import require_draft
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """From where a gesture may take: anywhere, what has no zone yet, or one zone."""

    zone: str | None = None
    unassigned: bool = False

    def admits(self, home: str | None) -> bool:
        """True where something of this zone may be taken."""
        if self.unassigned:
            return home is None
        return self.zone is None or home == self.zone

    @property
    def text(self) -> str:
        """What is taken, to follow “only”; empty where all is."""
        if self.unassigned:
            return "what has no zone"
        return f"what is in {self.zone}" if self.zone is not None else ""


class RefusalCause(StrEnum):
    """Why a site or block stays: what it is or does."""

    LOCKED = "locked"
    ELSEWHERE = "elsewhere"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class StrokeRefusal:
    """A site or block that a gesture met and may not take; ``text`` says why in a sentence.

    ``lock`` says of what is locked what keeps it and who set that.
    """

    cause: RefusalCause
    is_site: bool
    text: str
    where: str = ""
    lock: str = ""


def _omit_lock_author(_: PlanLock) -> str:
    """Say nothing of who set a lock."""
    return ""


@dataclass(frozen=True, eq=False, slots=True)
class StrokeTarget:
    """What a gesture is for: a zone of a draft as it was at the start, and where it may take.

    ``who`` says in a sentence who set a lock, and when.
    """

    project: Project
    plan: Plan
    basis: PlanningBasis
    ground: LandIndex
    zone: str
    source: SourceFilter
    who: Callable[[PlanLock], str] = _omit_lock_author

    @property
    def holds(self) -> frozenset[str]:
        """The jurisdictions where the zone's unit may be primary."""
        unit = self.project.units[self.plan.zone(self.zone).unit]
        return frozenset(key for key in self.project.jurisdictions if unit.may_hold(key))


@dataclass(frozen=True, eq=False, slots=True)
class AssignmentStroke:
    """What a gesture has taken so far, and what it met that stays, by id."""

    sites: frozenset[str] = frozenset()
    blocks: frozenset[str] = frozenset()
    stays: Mapping[str, StrokeRefusal] = field(default_factory=dict)
    met: frozenset[str] = frozenset()

    @property
    def takes(self) -> bool:
        """True where anything goes to the zone."""
        return bool(self.sites or self.blocks)


EMPTY_STROKE = AssignmentStroke()


def begin_stroke(
    reading: ProjectState,
    ground: LandIndex,
    zone: str | None,
    source: SourceFilter,
    who: Callable[[PlanLock], str] = _omit_lock_author,
) -> StrokeTarget:
    """Begin a gesture for a zone of the plan that is read; ``who`` says who set a lock.

    Raises
    ------
    UserError
        There is no plan, it is no draft, no zone is given, or the zone is locked.
    """
    if reading.plan is None:
        raise UserError("There is no plan to change yet; propose zones first.", code="no_plan")
    plan = require_draft(reading.kept, reading.plan.uid)
    if zone is None:
        raise UserError("Choose the target zone first, beside the tools or with E and D.")
    shut = find_zone_lock(reading.project, plan, plan.zone(zone).id)
    if shut is not None:
        reason = f" ({shut.reason})" if shut.reason else ""
        text = f"Zone {zone} is locked{reason}; unlock it before giving it anything. {who(shut)}"
        raise UserError(text.rstrip())
    return StrokeTarget(reading.project, plan, reading.basis, ground, zone, source, who)


def extend_stroke(
    aim: StrokeTarget,
    stroke: AssignmentStroke,
    *,
    sites: Iterable[str] = (),
    spots: Iterable[AssignableArea] = (),
) -> AssignmentStroke:
    """Return a stroke that has also met these sites and spots; the very same where it had.

    A spot with sites stands for them; sites at one position go together or stay together.
    """
    sites = list(sites)
    blocks = []
    for spot in spots:
        sites += spot.sites
        if spot.block is not None and not spot.sites and spot.block not in stroke.met:
            blocks.append(spot)
    fresh = sorted(set(sites) - stroke.met)
    if not fresh and not blocks:
        return stroke
    after = _with_sites(aim, stroke, fresh)
    return _with_blocks(aim, after, blocks) if blocks else after


def _with_sites(
    aim: StrokeTarget, stroke: AssignmentStroke, sites: Iterable[str]
) -> AssignmentStroke:
    own, stays, met = set(stroke.sites), dict(stroke.stays), set(stroke.met)
    for site in sites:
        if site in met:
            continue
        stack = aim.basis.stack_of(site)
        met.update(stack)
        if all(aim.plan.assignment.get(member) == aim.zone for member in stack):
            continue
        stay = next((found for member in stack if (found := _refuse_site(aim, member))), None)
        if stay is None:
            own.update(stack)
        else:
            stays[site] = stay
    return replace(stroke, sites=frozenset(own), stays=stays, met=frozenset(met))


def _with_blocks(
    aim: StrokeTarget, stroke: AssignmentStroke, spots: Iterable[AssignableArea]
) -> AssignmentStroke:
    own, stays, met = set(stroke.blocks), dict(stroke.stays), set(stroke.met)
    for spot in spots:
        block = spot.block or ""
        met.add(block)
        zones = find_spot_zones(aim.plan, aim.ground, spot)
        if zones == {aim.zone}:
            continue
        stay = _refuse_block(aim, spot, zones)
        if stay is None:
            own.add(block)
        else:
            stays[block] = stay
    return replace(stroke, blocks=frozenset(own), stays=stays, met=frozenset(met))


def apply_stroke(project: Project, aim: StrokeTarget, stroke: AssignmentStroke) -> Project:
    """Return the project after a stroke; a plan that is no longer a draft is a UserError.

    A block that its sites bring along anyhow needs no override.
    """
    plan = require_draft(project, aim.plan.uid)
    after = plan.assigned(dict.fromkeys(sorted(stroke.sites), aim.zone))
    if not stroke.blocks:
        return project.with_plan(after)
    bare = replace(after, block_overrides={})
    overrides = dict(plan.block_overrides)
    for block in sorted(stroke.blocks):
        if find_spot_zones(bare, aim.ground, aim.ground.of_block[block]) == {aim.zone}:
            overrides.pop(block, None)
        else:
            overrides[block] = aim.zone
    return project.with_plan(replace(after, block_overrides=overrides))


def list_flooded_sites(plan: Plan, ground: LandIndex, start: int, steps: int) -> tuple[str, ...]:
    """Return the sites of a cell and of the cells of its zone so many borders around it."""
    vertices = ground.cells.vertices
    zones = [_find_zone(plan, ids) for ids in vertices]
    same = (at for at, zone in enumerate(zones) if zone == zones[start])
    return tuple(site for at in sorted(ground.reach(start, same, steps)) for site in vertices[at])


def find_spot_zones(plan: Plan, ground: LandIndex, spot: AssignableArea) -> set[str | None]:
    """Return the zones that a spot's parts are in: by hand, else those of their cells."""
    if spot.block is not None and not spot.sites and spot.block in plan.block_overrides:
        return {plan.block_overrides[spot.block]}
    vertices = ground.cells.vertices
    return {_find_zone(plan, vertices[vertex]) for vertex in spot.vertices}


def _refuse_site(aim: StrokeTarget, site_id: str) -> StrokeRefusal | None:
    site, home = aim.project.sites[site_id], aim.plan.assignment.get(site_id)
    if not aim.source.admits(home):
        return StrokeRefusal(RefusalCause.FILTERED, True, f"{site.name} is left out by the filter.")
    where, shut = "", find_blocking_lock(aim.project, aim.plan, site, aim.zone)
    if shut is not None:
        cause = RefusalCause.LOCKED
    elif (lies_in := aim.basis.placements[site_id].jurisdiction) not in aim.holds:
        cause, where = RefusalCause.ELSEWHERE, _name_jurisdiction(aim.project, lies_in)
    else:
        return None
    reason = explain_zone_refusal(aim.project, aim.plan, site, aim.zone)
    text, lock = reason or f"{site.name} stays.", ""
    if shut is not None:
        text, lock = f"{text} {aim.who(shut)}".rstrip(), _lock_words(aim, shut)
    return StrokeRefusal(cause, True, text, where, lock)


def _refuse_block(
    aim: StrokeTarget, spot: AssignableArea, zones: Collection[str | None]
) -> StrokeRefusal | None:
    if not any(aim.source.admits(home) for home in zones):
        return StrokeRefusal(
            RefusalCause.FILTERED, False, f"Block {spot.block} is left out by the filter."
        )
    for home in sorted(filter(None, zones)):
        shut = find_zone_lock(aim.project, aim.plan, home) if home != aim.zone else None
        if shut is not None:
            text = f"Block {spot.block} is in {home}, which is locked. {aim.who(shut)}"
            return StrokeRefusal(
                RefusalCause.LOCKED, False, text.rstrip(), lock=_lock_words(aim, shut)
            )
    if spot.jurisdiction not in aim.holds:
        where = _name_jurisdiction(aim.project, spot.jurisdiction)
        text = f"Block {spot.block} lies in {where}; zone {aim.zone} may not hold it."
        return StrokeRefusal(RefusalCause.ELSEWHERE, False, text, where)
    return None


def _lock_words(aim: StrokeTarget, shut: PlanLock) -> str:
    return f"{describe_lock(aim.project, shut)}. {aim.who(shut)}".rstrip()


def _name_jurisdiction(project: Project, jurisdiction: str | None) -> str:
    known = project.jurisdictions.get(jurisdiction or "")
    return known.name if known else "no known jurisdiction"


def _find_zone(plan: Plan, ids: tuple[str, ...]) -> str | None:
    return next((plan.assignment[site] for site in ids if site in plan.assignment), None)
