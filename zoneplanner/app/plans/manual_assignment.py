"""Assign sites and blocks by hand: strokes over the map, one site moved, zones redrawn in QGIS.

What another program redrew in the layer ``zone_area`` is read as a proposed assignment.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.land_index import AssignableArea, LandIndex
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, SessionChange, require_plan
from zoneplanner.domain.changes import EditKind, ProjectChanges
from zoneplanner.domain.plans.edits import (
    add_plan,
    assign_sites,
    branch_plan,
    describe_lock,
    find_blocking_lock,
    find_zone_lock,
    find_zone_refusal,
    move_block,
)
from zoneplanner.domain.plans.plan import Plan, PlanLock, Zone
from zoneplanner.domain.project import Project
from zoneplanner.errors import Disconnected, UserError
from zoneplanner.messages import join_names, render_message

if TYPE_CHECKING:
    from zoneplanner.app.session.session import Session


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


class _RefusalCause(StrEnum):
    """Why a site or block stays: what it is or does."""

    LOCKED = "locked"
    ELSEWHERE = "elsewhere"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class _StrokeRefusal:
    """A site or block that a gesture met and may not take; ``text`` says why in a sentence.

    ``lock`` says of what is locked what keeps it and who set that.
    """

    cause: _RefusalCause
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
    describe_lock_author: Callable[[PlanLock], str] = _omit_lock_author

    @property
    def allowed_jurisdictions(self) -> frozenset[str]:
        """The jurisdictions where the zone's unit may be primary."""
        unit = self.project.units[self.plan.zone(self.zone).unit]
        return frozenset(key for key in self.project.jurisdictions if unit.may_be_primary(key))


@dataclass(frozen=True, eq=False, slots=True)
class AssignmentStroke:
    """What a gesture has taken so far, and what it met that stays, by id."""

    sites: frozenset[str] = frozenset()
    blocks: frozenset[str] = frozenset()
    refusals: Mapping[str, _StrokeRefusal] = field(default_factory=dict)
    visited: frozenset[str] = frozenset()

    @property
    def takes(self) -> bool:
        """True where anything goes to the zone."""
        return bool(self.sites or self.blocks)


EMPTY_STROKE = AssignmentStroke()


def begin_stroke(
    state: ProjectState,
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
    plan = state.saved_project.draft(require_plan(state).uid)
    if zone is None:
        raise UserError("no_target_zone")
    shut = find_zone_lock(state.project, plan, plan.zone(zone).id)
    if shut is not None:
        reason = f" ({shut.reason})" if shut.reason else ""
        text = (
            f"Zone {zone} is locked{reason}; unlock it before assigning anything to it. {who(shut)}"
        )
        raise UserError(text.rstrip())
    return StrokeTarget(state.project, plan, state.basis, ground, zone, source, who)


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
        if spot.block is not None and not spot.sites and spot.block not in stroke.visited:
            blocks.append(spot)
    fresh = sorted(set(sites) - stroke.visited)
    if not fresh and not blocks:
        return stroke
    after = _with_sites(aim, stroke, fresh)
    return _with_blocks(aim, after, blocks) if blocks else after


def _with_sites(
    aim: StrokeTarget, stroke: AssignmentStroke, sites: Iterable[str]
) -> AssignmentStroke:
    own, stays, met = set(stroke.sites), dict(stroke.refusals), set(stroke.visited)
    for site in sites:
        if site in met:
            continue
        stack = aim.basis.list_stacked_sites(site)
        met.update(stack)
        if all(aim.plan.assignment.get(member) == aim.zone for member in stack):
            continue
        stay = next((found for member in stack if (found := _refuse_site(aim, member))), None)
        if stay is None:
            own.update(stack)
        else:
            stays[site] = stay
    return replace(stroke, sites=frozenset(own), refusals=stays, visited=frozenset(met))


def _with_blocks(
    aim: StrokeTarget, stroke: AssignmentStroke, spots: Iterable[AssignableArea]
) -> AssignmentStroke:
    own, stays, met = set(stroke.blocks), dict(stroke.refusals), set(stroke.visited)
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
    return replace(stroke, blocks=frozenset(own), refusals=stays, visited=frozenset(met))


def apply_stroke(project: Project, aim: StrokeTarget, stroke: AssignmentStroke) -> Project:
    """Return the project after a stroke; a plan that is no longer a draft is a UserError.

    A block that its sites bring along anyhow needs no override.
    """
    plan = project.draft(aim.plan.uid)
    after = plan.with_assignments(dict.fromkeys(sorted(stroke.sites), aim.zone))
    if not stroke.blocks:
        return project.with_plan(after)
    bare = replace(after, block_overrides={})
    overrides = dict(plan.block_overrides)
    for block in sorted(stroke.blocks):
        if find_spot_zones(bare, aim.ground, aim.ground.area_by_block[block]) == {aim.zone}:
            overrides.pop(block, None)
        else:
            overrides[block] = aim.zone
    return project.with_plan(replace(after, block_overrides=overrides))


def list_flooded_sites(plan: Plan, ground: LandIndex, start: int, steps: int) -> tuple[str, ...]:
    """Return the sites of a cell and of the cells of its zone so many borders around it."""
    vertices = ground.cells.vertices
    zones = [_find_zone(plan, ids) for ids in vertices]
    same = (at for at, zone in enumerate(zones) if zone == zones[start])
    return tuple(
        site for at in sorted(ground.find_cells_within(start, same, steps)) for site in vertices[at]
    )


def find_spot_zones(plan: Plan, ground: LandIndex, spot: AssignableArea) -> set[str | None]:
    """Return the zones that a spot's parts are in: by hand, else those of their cells."""
    if spot.block is not None and not spot.sites and spot.block in plan.block_overrides:
        return {plan.block_overrides[spot.block]}
    vertices = ground.cells.vertices
    return {_find_zone(plan, vertices[vertex]) for vertex in spot.vertices}


def _refuse_site(aim: StrokeTarget, site_id: str) -> _StrokeRefusal | None:
    site, home = aim.project.sites[site_id], aim.plan.assignment.get(site_id)
    if not aim.source.admits(home):
        return _StrokeRefusal(
            _RefusalCause.FILTERED, True, f"{site.name} is excluded by the filter."
        )
    where, shut = "", find_blocking_lock(aim.project, aim.plan, site, aim.zone)
    if shut is not None:
        cause = _RefusalCause.LOCKED
    elif (lies_in := aim.basis.placements[site_id].jurisdiction) not in aim.allowed_jurisdictions:
        cause, where = _RefusalCause.ELSEWHERE, aim.project.name_jurisdiction(lies_in)
    else:
        return None
    refusal = find_zone_refusal(aim.project, aim.plan, site, aim.zone)
    text, lock = refusal.message if refusal else f"{site.name} stays.", ""
    if shut is not None:
        text, lock = f"{text} {aim.describe_lock_author(shut)}".rstrip(), _lock_words(aim, shut)
    return _StrokeRefusal(cause, True, text, where, lock)


def _refuse_block(
    aim: StrokeTarget, spot: AssignableArea, zones: Collection[str | None]
) -> _StrokeRefusal | None:
    if not any(aim.source.admits(home) for home in zones):
        return _StrokeRefusal(
            _RefusalCause.FILTERED, False, f"Block {spot.block} is excluded by the filter."
        )
    for home in sorted(filter(None, zones)):
        shut = find_zone_lock(aim.project, aim.plan, home) if home != aim.zone else None
        if shut is not None:
            text = (
                f"Block {spot.block} is in {home}, which is locked. "
                f"{aim.describe_lock_author(shut)}"
            )
            return _StrokeRefusal(
                _RefusalCause.LOCKED, False, text.rstrip(), lock=_lock_words(aim, shut)
            )
    if spot.jurisdiction not in aim.allowed_jurisdictions:
        where = aim.project.name_jurisdiction(spot.jurisdiction)
        text = f"Block {spot.block} is in {where}; zone {aim.zone} is not allowed to include it."
        return _StrokeRefusal(_RefusalCause.ELSEWHERE, False, text, where)
    return None


def _lock_words(aim: StrokeTarget, shut: PlanLock) -> str:
    return f"{describe_lock(aim.project, shut)}. {aim.describe_lock_author(shut)}".rstrip()


def _find_zone(plan: Plan, ids: tuple[str, ...]) -> str | None:
    return next((plan.assignment[site] for site in ids if site in plan.assignment), None)


_MOST_LOCKS = 2


def name_stroke(aim: StrokeTarget, stroke: AssignmentStroke) -> str:
    """Name what a stroke takes: a site or a block by its name, more by their number."""
    sites = [aim.project.sites[site].name for site in stroke.sites]
    blocks = [f"block {block}" for block in stroke.blocks]
    counted = ((sites, "sites"), (blocks, "blocks"))
    names = (own[0] if len(own) == 1 else f"{len(own)} {many}" for own, many in counted if own)
    return " and ".join(names)


def describe_stroke(aim: StrokeTarget, stroke: AssignmentStroke) -> str:
    """Say in whole sentences what a stroke did, and what stays and why."""
    done, stays = name_stroke(aim, stroke), explain_refusals(aim, stroke)
    if not done:
        return stays
    verb = "is" if len(stroke.sites) + len(stroke.blocks) == 1 else "are"
    return f"{done[0].upper()}{done[1:]} {verb} now in {aim.zone}. {stays}".rstrip()


def explain_refusals(aim: StrokeTarget, stroke: AssignmentStroke) -> str:
    """Say which sites and blocks stay and why; what the filter leaves out only where all is."""
    ruled = [stay for stay in stroke.refusals.values() if stay.cause is not _RefusalCause.FILTERED]
    if not ruled and not stroke.takes and stroke.refusals:
        return f"Nothing was assigned: the filter allows only {aim.source.text}."
    if not ruled and not stroke.takes:
        return f"Everything here is already in {aim.zone}." if stroke.visited else ""
    if len(ruled) == 1:
        return ruled[0].text
    counted = (
        _count_refusals([stay for stay in ruled if stay.is_site], "sites"),
        _count_refusals([stay for stay in ruled if not stay.is_site], "blocks"),
    )
    locks = list(dict.fromkeys(stay.lock for stay in ruled if stay.lock))
    rest = len(locks) - _MOST_LOCKS
    more = render_message("stroke.more_locks", {"n": rest}) if rest > 0 else ""
    return " ".join(text for text in (*counted, *locks[:_MOST_LOCKS], more) if text)


def _count_refusals(stays: Collection[_StrokeRefusal], kind: str) -> str:
    """Say how many sites or blocks stay, and why: once for all, or how many for each reason."""
    if not stays:
        return ""
    whole = render_message(f"stroke.{kind}_stay", {"n": len(stays)})
    reasons = Counter("" if one.cause is _RefusalCause.LOCKED else one.where for one in stays)
    if len(reasons) == 1:
        where = next(iter(reasons))
        return f"{whole}: they {f'are in {where}' if where else 'are locked'}."
    parts = (
        render_message("stroke.in" if where else "stroke.locked", {"n": n, "where": where})
        for where, n in reasons.items()
    )
    return f"{whole}: {', '.join(parts)}."


def list_eligible_zones(session: Session, site_id: str) -> tuple[Zone, ...]:
    """Return the zones of the plan on screen whose units may hold a site, locked or not.

    Empty where there is no plan or the site is not patrolled.
    """
    plan, project = session.plan, session.state.project
    site = project.site(site_id)
    if plan is None or not site.patrolled:
        return ()
    lies_in = session.state.basis.placements[site_id].jurisdiction
    return tuple(zone for zone in plan.zones if project.units[zone.unit].may_be_primary(lies_in))


class SiteMove:
    """A school on its way to another zone, with the sites at its position.

    Drag, digit, card, menu, command and API all go through here.

    Raises
    ------
    UserError
        There is no plan, it is no draft, or the site is unknown or not patrolled.
    """

    def __init__(self, session: Session, site_id: str) -> None:
        session.check_present()
        session.cancel_gesture()  # a plan that is only tried on is not what is changed
        project = session.project
        self._session = session
        self.plan = project.draft(require_plan(session.state).uid)
        self.site = project.site(site_id)
        if not self.site.patrolled:
            raise UserError("zone_not_allowed.not_patrolled", site=site_id, name=self.site.name)
        self.home = self.plan.assignment.get(site_id)
        self.together = [project.site(other) for other in project.stacked_sites(site_id)]

    @property
    def name(self) -> str:
        """The site's name, and those of the sites that move with it."""
        return join_names(site.name for site in self.together)

    def label(self, zone_id: str) -> str:
        """Return what Undo calls the move."""
        return f"Assign {self.name} to {zone_id}"

    def edit(self, project: Project, zone_id: str) -> Project:
        """Return a project in which the sites are in a zone; a rule that forbids it raises."""
        return assign_sites(project, self.plan.uid, {self.site.id: zone_id})

    def find_refusal(self, zone_id: str) -> UserError | None:
        """Return the rule that keeps the sites from a zone; of a lock also who set it, and when."""
        for site in self.together:
            refusal = find_zone_refusal(self._session.project, self.plan, site, zone_id)
            if refusal is not None:
                lock = find_blocking_lock(self._session.project, self.plan, site, zone_id)
                author = describe_lock_author(self._session, self.plan, lock) if lock else ""
                facts = {**refusal.details, "reason": refusal.message, "author": author}
                return UserError("zone_not_allowed.with_author", facts) if author else refusal
        return None


def describe_lock_author(session: Session, plan: Plan, shut: PlanLock) -> str:
    """Say in a sentence who set a lock, and when; nothing where that is not known."""
    try:
        known = session.store.last_change("plan_lock", (plan.uid, str(shut.kind), shut.target))
    except Disconnected:  # the rule itself is known without the server
        return ""
    if known is None:
        return ""
    who, at = known
    day = at.astimezone(ZoneInfo(session.project.time_zone))
    return f"{who} locked it on {session.formats.day(day)}."


def reassign_site(session: Session, site_id: str, zone_id: str) -> ProjectChanges:
    """Give a site, and what is at its position, to a zone as one step; nothing where it is there.

    Raises
    ------
    UserError
        As ``SiteMove``, or the zone is unknown or may not have the site.
    """
    move = SiteMove(session, site_id)
    if move.plan.zone(zone_id).id == move.home:
        return ProjectChanges()
    refusal = move.find_refusal(zone_id)
    if refusal is not None:
        raise refusal
    return session.apply(move.label(zone_id), partial(move.edit, zone_id=zone_id))


_SAME_M2 = 1_000.0
_Areas = Mapping[tuple[str, str], BaseGeometry]


@dataclass(frozen=True, slots=True)
class _RedrawnOutcome:
    """What became of zones that were drawn elsewhere: a sentence, and why parts were not taken."""

    text: str
    refused: tuple[str, ...] = ()
    taken: bool = False


class RedrawnZones:
    """Looks whether another program redrew zones of the plan on screen, and takes them."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._version = session.store.data_version()
        self._known: _Areas = session.store.drawn_areas()
        self._stale = False
        self._end = session.listen(self._changed)

    def close(self) -> None:
        """Stop listening to the session."""
        self._end()

    def poll(self) -> _RedrawnOutcome | None:
        """Take what was redrawn since the last look; to be called after ``Session.look``.

        A plan that is no draft stays as it is: the zones are proposed in a branch of it. What is
        drawn is put back as the zones really are.
        """
        store = self._session.store
        if self._session.viewed_step is not None:
            return None
        version = store.data_version()
        if version == self._version:
            if self._stale:
                self._known, self._stale = store.drawn_areas(), False
            return None
        self._version = version
        found, known = store.drawn_areas(), self._known
        self._known = found
        if self._stale:  # this desk or another one saved in between: these are its outlines
            self._stale = False
            return None
        redrawn = self._redrawn(known, found)
        if not redrawn or store.read_only or not store.may_edit:
            return None
        done = self._take(redrawn)
        self._known = store.drawn_areas()
        return done

    def _changed(self, event: "SessionChange") -> None:
        self._stale = self._stale or not event.preview

    def _redrawn(self, known: _Areas, found: _Areas) -> dict[str, BaseGeometry]:
        """Return the zones of the plan on screen whose area is neither as it was nor as it is."""
        state = self._session.state
        plan = state.plan
        if plan is None:
            return {}
        redrawn = {}
        for zone in plan.zones:
            area, before = found.get((plan.uid, zone.id)), known.get((plan.uid, zone.id))
            if area is None or before is None or area == before or not area.is_valid:
                continue
            own = state.outlines[zone.id].area
            if area.symmetric_difference(own).area > _SAME_M2:
                redrawn[zone.id] = area
        return redrawn

    def _take(self, redrawn: Mapping[str, BaseGeometry]) -> _RedrawnOutcome:
        session = self._session
        before, plan = session.saved_project, session.plan
        assert plan is not None
        zones = ", ".join(redrawn)
        start, uid, name = before, plan.uid, plan.name
        if not plan.is_draft:
            uid = new_uid()
            name = f"{plan.name} as drawn"
            start = add_plan(before, branch_plan(plan, uid, name, at=session.clock()))
        after, refused = _propose_assignment(start, uid, redrawn)
        if after is start:
            session.write_outlines()
            text = render_message("redrawn.nothing", {"zones": zones})
            return _RedrawnOutcome(" ".join((text, *refused[:1])), refused)
        label = f"Use zones drawn in another program: {zones}"
        session.apply(label, lambda _: after, kind=EditKind.IMPORT)
        session.write_outlines()
        assignment = after.plans[uid].assignment
        moved = sum(plan.assignment.get(site) != zone for site, zone in assignment.items())
        template = "redrawn" if plan.is_draft else "redrawn.draft"
        text = render_message(template, {"zones": zones, "n": moved, "plan": name})
        return _RedrawnOutcome(text, refused, taken=True)


def _propose_assignment(
    project: Project, plan_uid: str, redrawn: Mapping[str, BaseGeometry]
) -> tuple[Project, tuple[str, ...]]:
    """Return a project whose draft gives redrawn zones what lies in them, and what may not go.

    The very same project comes back where nothing changes.
    """
    after, refused = project, []
    for zone, area in redrawn.items():
        for site in project.patrolled:
            if after.plans[plan_uid].assignment.get(site.id) == zone:
                continue
            if not area.covers(site.point):
                continue
            try:
                after = assign_sites(after, plan_uid, {site.id: zone})
            except UserError as error:
                refused.append(error.message)
        after = _assign_blocks(after, plan_uid, zone, area)
    return after, tuple(refused)


def _assign_blocks(project: Project, plan_uid: str, zone: str, area: BaseGeometry) -> Project:
    """Give the blocks without a site that another zone was given by hand, where they lie within."""
    overrides = project.plans[plan_uid].block_overrides
    for block in project.blocks.values():
        held = overrides.get(block.id)
        if held is None or held == zone or not area.covers(block.area.representative_point()):
            continue
        try:
            project = move_block(project, plan_uid, block.id, zone)
        except UserError:
            continue
    return project
