"""Assign sites and blocks by hand: strokes on the map, one site moved, zones redrawn in QGIS.

Zones that another program redrew in the layer ``zone_area`` are read as a proposed assignment.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from zoneinfo import ZoneInfo

from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.land_index import AssignableArea, LandIndex
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, SessionChange, require_plan
from zoneplanner.domain.edits import EditKind, ProjectChanges
from zoneplanner.domain.plans.edits import (
    add_plan,
    assign_sites,
    branch_plan,
    describe_lock,
    describe_lock_reason,
    find_blocking_lock,
    find_zone_lock,
    find_zone_refusal,
    move_block,
)
from zoneplanner.domain.plans.plan import Plan, PlanLock, Zone
from zoneplanner.domain.project import Project
from zoneplanner.errors import Disconnected, UserError
from zoneplanner.messages import Message, join_names


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """From where a gesture may take: anywhere, what has no zone yet, or one zone."""

    zone: str | None = None
    unassigned: bool = False

    def admits(self, home: str | None) -> bool:
        """Return whether the gesture may take something from a zone (None if it has no zone)."""
        if self.unassigned:
            return home is None
        return self.zone is None or home == self.zone

    @property
    def text(self) -> str:
        """What may be taken, to follow “only”, or "" if anything may be."""
        if self.unassigned:
            return "what has no zone"
        return f"what is in {self.zone}" if self.zone is not None else ""


class _RefusalCause(StrEnum):
    """Why a site or block stays."""

    LOCKED = "locked"
    ELSEWHERE = "elsewhere"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class _StrokeRefusal:
    """A site or block that a gesture may not take; ``text`` says why in a sentence.

    ``lock`` describes the lock that keeps it, if any, and who set the lock.
    """

    cause: _RefusalCause
    is_site: bool
    text: str
    where: str = ""
    lock: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class StrokeTarget:
    """The target zone of a gesture in a draft, as it was at the start, and what it may take.

    ``describe_lock_author`` returns a sentence about who set a lock, and when.
    """

    project: Project
    plan: Plan
    basis: PlanningBasis
    ground: LandIndex
    zone: str
    source: SourceFilter
    describe_lock_author: Callable[[PlanLock], str] = lambda _: ""

    @property
    def allowed_jurisdictions(self) -> frozenset[str]:
        """The jurisdictions where the zone's unit may be primary."""
        unit = self.project.units[self.plan.zone(self.zone).unit]
        return frozenset(key for key in self.project.jurisdictions if unit.may_be_primary(key))


@dataclass(frozen=True, eq=False, slots=True)
class AssignmentStroke:
    """What a gesture has taken so far, and what it reached that stays, by id."""

    sites: frozenset[str] = frozenset()
    blocks: frozenset[str] = frozenset()
    refusals: Mapping[str, _StrokeRefusal] = field(default_factory=dict)
    visited: frozenset[str] = frozenset()

    @property
    def takes(self) -> bool:
        """Whether the gesture has taken anything."""
        return bool(self.sites or self.blocks)


EMPTY_STROKE = AssignmentStroke()


def begin_stroke(
    state: ProjectState,
    ground: LandIndex,
    zone: str | None,
    source: SourceFilter,
    who: Callable[[PlanLock], str] = lambda _: "",
) -> StrokeTarget:
    """Begin a gesture for a zone of the plan on screen; ``who`` describes who set a lock.


    Raises
    ------
    UserError
        There is no plan, it is not a draft, no zone is given, or the zone is locked.
    """
    plan = state.saved_project.draft(require_plan(state).uid)
    if zone is None:
        raise UserError("no_target_zone")
    lock = find_zone_lock(state.project, plan, plan.zone(zone).id)
    if lock is not None:
        why = describe_lock_reason(lock)
        author = who(lock)
        code = "zone_locked.target_by" if author else "zone_locked.target"
        raise UserError(code, zone=zone, why=why, author=author)
    return StrokeTarget(state.project, plan, state.basis, ground, zone, source, who)


def extend_stroke(
    aim: StrokeTarget,
    stroke: AssignmentStroke,
    *,
    sites: Iterable[str] = (),
    spots: Iterable[AssignableArea] = (),
) -> AssignmentStroke:
    """Return the stroke extended by sites and spots, or the same object if they are not new.

    A spot with sites means its sites; sites at one position go together or stay together.
    """
    sites = list(sites)
    blocks = []
    for spot in spots:
        sites += spot.sites
        if spot.block is not None and not spot.sites and spot.block not in stroke.visited:
            blocks.append(spot)
    new_sites = sorted(set(sites) - stroke.visited)
    if not new_sites and not blocks:
        return stroke
    after = _with_sites(aim, stroke, new_sites)
    return _with_blocks(aim, after, blocks) if blocks else after


def _with_sites(
    aim: StrokeTarget, stroke: AssignmentStroke, sites: Iterable[str]
) -> AssignmentStroke:
    taken, refusals, visited = set(stroke.sites), dict(stroke.refusals), set(stroke.visited)
    for site in sites:
        if site in visited:
            continue
        stack = aim.basis.list_stacked_sites(site)
        visited.update(stack)
        if all(aim.plan.assignment.get(member) == aim.zone for member in stack):
            continue
        refusal = next(filter(None, (_refuse_site(aim, member) for member in stack)), None)
        if refusal is None:
            taken.update(stack)
        else:
            refusals[site] = refusal
    return replace(stroke, sites=frozenset(taken), refusals=refusals, visited=frozenset(visited))


def _with_blocks(
    aim: StrokeTarget, stroke: AssignmentStroke, spots: Iterable[AssignableArea]
) -> AssignmentStroke:
    taken, refusals, visited = set(stroke.blocks), dict(stroke.refusals), set(stroke.visited)
    for spot in spots:
        block = spot.block or ""
        visited.add(block)
        zones = find_spot_zones(aim.plan, aim.ground, spot)
        if zones == {aim.zone}:
            continue
        refusal = _refuse_block(aim, spot, zones)
        if refusal is None:
            taken.add(block)
        else:
            refusals[block] = refusal
    return replace(stroke, blocks=frozenset(taken), refusals=refusals, visited=frozenset(visited))


def apply_stroke(project: Project, aim: StrokeTarget, stroke: AssignmentStroke) -> Project:
    """Return the project after a stroke; a plan that is no longer a draft is a UserError.


    A block that follows its sites to the zone anyway needs no override.
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
    """Return the sites of a cell, and of its zone's cells within ``steps`` borders of it."""
    vertices = ground.cells.vertices
    zones = [_find_zone(plan, ids) for ids in vertices]
    of_zone = (cell for cell, zone in enumerate(zones) if zone == zones[start])
    cells = sorted(ground.find_cells_within(start, of_zone, steps))
    return tuple(site for cell in cells for site in vertices[cell])


def find_spot_zones(plan: Plan, ground: LandIndex, spot: AssignableArea) -> set[str | None]:
    """Return the zones of a spot's parts: its override, else the zones of their cells."""
    if spot.block is not None and not spot.sites and spot.block in plan.block_overrides:
        return {plan.block_overrides[spot.block]}
    vertices = ground.cells.vertices
    return {_find_zone(plan, vertices[vertex]) for vertex in spot.vertices}


def _refuse_site(aim: StrokeTarget, site_id: str) -> _StrokeRefusal | None:
    site, home = aim.project.sites[site_id], aim.plan.assignment.get(site_id)
    if not aim.source.admits(home):
        return _StrokeRefusal(
            _RefusalCause.FILTERED, True, str(Message("stroke.filtered", name=site.name))
        )
    lock = find_blocking_lock(aim.project, aim.plan, site, aim.zone)
    jurisdiction = aim.basis.placements[site_id].jurisdiction
    if lock is None and jurisdiction in aim.allowed_jurisdictions:
        return None
    refusal = find_zone_refusal(aim.project, aim.plan, site, aim.zone)
    text = refusal.message if refusal else f"{site.name} stays."
    if lock is not None:
        text = f"{text} {aim.describe_lock_author(lock)}".rstrip()
        return _StrokeRefusal(_RefusalCause.LOCKED, True, text, lock=_describe_lock(aim, lock))
    where = aim.project.name_jurisdiction(jurisdiction)
    return _StrokeRefusal(_RefusalCause.ELSEWHERE, True, text, where)


def _refuse_block(
    aim: StrokeTarget, spot: AssignableArea, zones: Collection[str | None]
) -> _StrokeRefusal | None:
    if not any(aim.source.admits(home) for home in zones):
        return _StrokeRefusal(
            _RefusalCause.FILTERED,
            False,
            str(Message("stroke.filtered", name=f"Block {spot.block}")),
        )
    for home in sorted(filter(None, zones)):
        lock = find_zone_lock(aim.project, aim.plan, home) if home != aim.zone else None
        if lock is not None:
            facts = {"block": spot.block, "zone": home, "author": aim.describe_lock_author(lock)}
            text = str(Message("stroke.block_locked", **facts)).rstrip()
            return _StrokeRefusal(_RefusalCause.LOCKED, False, text, lock=_describe_lock(aim, lock))
    if spot.jurisdiction not in aim.allowed_jurisdictions:
        where = aim.project.name_jurisdiction(spot.jurisdiction)
        facts = {"block": spot.block, "where": where, "zone": aim.zone}
        text = str(Message("stroke.block_elsewhere", **facts))
        return _StrokeRefusal(_RefusalCause.ELSEWHERE, False, text, where)
    return None


def _describe_lock(aim: StrokeTarget, lock: PlanLock) -> str:
    return f"{describe_lock(aim.project, lock)}. {aim.describe_lock_author(lock)}".rstrip()


def _find_zone(plan: Plan, ids: tuple[str, ...]) -> str | None:
    return next((plan.assignment[site] for site in ids if site in plan.assignment), None)


_MOST_LOCKS = 2


def name_stroke(aim: StrokeTarget, stroke: AssignmentStroke) -> str:
    """Name what a stroke takes: a single site or block by name, several by their number."""
    sites = [aim.project.sites[site].name for site in stroke.sites]
    blocks = [f"block {block}" for block in stroke.blocks]
    counted = ((sites, "sites"), (blocks, "blocks"))
    return " and ".join(
        names[0] if len(names) == 1 else f"{len(names)} {kind}" for names, kind in counted if names
    )


def describe_stroke(aim: StrokeTarget, stroke: AssignmentStroke) -> str:
    """Describe what a stroke did, and what stays and why."""
    taken, refusals = name_stroke(aim, stroke), explain_refusals(aim, stroke)
    if not taken:
        return refusals
    code = "stroke.done_one" if len(stroke.sites) + len(stroke.blocks) == 1 else "stroke.done"
    facts = {"taken": f"{taken[0].upper()}{taken[1:]}", "zone": aim.zone}
    return f"{Message(code, **facts)} {refusals}".rstrip()


def explain_refusals(aim: StrokeTarget, stroke: AssignmentStroke) -> str:
    """Explain which sites and blocks stay; the filter is mentioned only if nothing else applies."""
    refusals = [
        refusal
        for refusal in stroke.refusals.values()
        if refusal.cause is not _RefusalCause.FILTERED
    ]
    if not refusals and not stroke.takes and stroke.refusals:
        return str(Message("stroke.nothing", source=aim.source.text))
    if not refusals and not stroke.takes:
        return str(Message("stroke.unchanged", zone=aim.zone)) if stroke.visited else ""
    if len(refusals) == 1:
        return refusals[0].text
    counted = (
        _count_refusals([refusal for refusal in refusals if refusal.is_site], "sites"),
        _count_refusals([refusal for refusal in refusals if not refusal.is_site], "blocks"),
    )
    locks = list(dict.fromkeys(refusal.lock for refusal in refusals if refusal.lock))
    rest = len(locks) - _MOST_LOCKS
    more = str(Message("stroke.more_locks", n=rest)) if rest > 0 else ""
    return " ".join(text for text in (*counted, *locks[:_MOST_LOCKS], more) if text)


def _count_refusals(refusals: Sequence[_StrokeRefusal], kind: str) -> str:
    """Describe how many sites or blocks stay, and how many for each reason if there are several."""
    if not refusals:
        return ""
    reasons = Counter(each.where for each in refusals)  # "" if it is locked
    facts = {"what": Message(f"stroke.{kind}_stay", n=len(refusals)), "where": refusals[0].where}
    if len(reasons) == 1:
        return str(Message("stroke.all_in" if facts["where"] else "stroke.all_locked", **facts))
    facts["reasons"] = [
        Message("stroke.in" if where else "stroke.locked", n=n, where=where)
        for where, n in reasons.items()
    ]
    return str(Message("stroke.by_reason", **facts))


def list_eligible_zones(session: Session, site_id: str) -> tuple[Zone, ...]:
    """Return the zones of the plan on screen whose units may serve a site, locked or not.

    Empty if there is no plan or the site is not patrolled.
    """
    plan, project = session.plan, session.state.project
    site = project.site(site_id)
    if plan is None or not site.patrolled:
        return ()
    place = session.state.basis.placements[site_id].jurisdiction
    return tuple(zone for zone in plan.zones if project.units[zone.unit].may_be_primary(place))


class SiteMove:
    """A move of a school to another zone, along with the sites at its position.

    Drags, number keys, the card, menus, commands and the API all use this class.

    Raises
    ------
    UserError
        There is no plan, it is not a draft, or the site is unknown or not patrolled.
    """

    def __init__(self, session: Session, site_id: str) -> None:
        session.require_present_state()
        session.cancel_gesture()  # the move applies to the plan itself, not to a preview
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
        """The names of the site and of the sites that move with it."""
        return join_names(site.name for site in self.together)

    def label(self, zone_id: str) -> str:
        """Return the move's label for Undo."""
        return f"Assign {self.name} to {zone_id}"

    def edit(self, project: Project, zone_id: str) -> Project:
        """Return the project with the sites in a zone; raises if a rule forbids it."""
        return assign_sites(project, self.plan.uid, {self.site.id: zone_id})

    def find_refusal(self, zone_id: str) -> UserError | None:
        """Return the rule that keeps the sites out of a zone, with a lock's author and date."""
        for site in self.together:
            refusal = find_zone_refusal(self._session.project, self.plan, site, zone_id)
            if refusal is not None:
                lock = find_blocking_lock(self._session.project, self.plan, site, zone_id)
                author = describe_lock_author(self._session, self.plan, lock) if lock else ""
                facts = {**refusal.details, "reason": refusal.to_message(), "author": author}
                return UserError("zone_not_allowed.with_author", facts) if author else refusal
        return None


def describe_lock_author(session: Session, plan: Plan, lock: PlanLock) -> str:
    """Describe who set a lock, and when, or return "" if that is not known."""
    change = None
    with suppress(Disconnected):  # the lock itself is known without the server
        change = session.store.last_change("plan_lock", (plan.uid, str(lock.kind), lock.target))
    if change is None:
        return ""
    author, moment = change
    day = moment.astimezone(ZoneInfo(session.project.time_zone))
    return Message("lock_author", author=author, on=day).say(session.formats)


def reassign_site(session: Session, site_id: str, zone_id: str) -> ProjectChanges:
    """Assign a site and the sites at its position to a zone as one step, unless it is there.

    Raises
    ------
    UserError
        As ``SiteMove``, or the zone is unknown or may not include the site.
    """
    move = SiteMove(session, site_id)
    if move.plan.zone(zone_id).id == move.home:
        return ProjectChanges()
    refusal = move.find_refusal(zone_id)
    if refusal is not None:
        raise refusal
    return session.apply(move.label(zone_id), partial(move.edit, zone_id=zone_id))


_LEAST_REDRAWN_M2 = 1_000.0
_Areas = Mapping[tuple[str, str], BaseGeometry]


@dataclass(frozen=True, slots=True)
class _RedrawnOutcome:
    """The result of zones drawn elsewhere, and why parts were rejected."""

    message: Message
    refused: tuple[UserError, ...] = ()
    taken: bool = False


class RedrawnZones:
    """Watches for zones of the plan on screen that another program redrew, and applies them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._version = session.store.data_version()
        self._known: _Areas = session.store.drawn_areas()
        self._stale = False
        self._end = session.listen(self._mark_stale)

    def close(self) -> None:
        """Stop listening to the session."""
        self._end()

    def poll(self) -> _RedrawnOutcome | None:
        """Apply zones redrawn since the last poll; to be called after ``Session.look``.

        A plan that is not a draft is unchanged: the zones are proposed in a branch of it. The drawn
        layer is then rewritten with the zones' actual outlines.
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
        previous, self._known = self._known, store.drawn_areas()
        if self._stale:  # this desk or another one saved in between: these are its outlines
            self._stale = False
            return None
        redrawn = self._find_redrawn(previous, self._known)
        if not redrawn or store.read_only or not store.may_edit:
            return None
        outcome = self._apply(redrawn)
        self._known = store.drawn_areas()
        return outcome

    def _mark_stale(self, event: SessionChange) -> None:
        self._stale = self._stale or not event.preview

    def _find_redrawn(self, previous: _Areas, current: _Areas) -> dict[str, BaseGeometry]:
        """Return the areas of zones on screen that differ from before and from the outlines."""
        state = self._session.state
        plan = state.plan
        if plan is None:
            return {}
        redrawn = {}
        for zone in plan.zones:
            area, before = current.get((plan.uid, zone.id)), previous.get((plan.uid, zone.id))
            if area is None or before is None or area == before or not area.is_valid:
                continue
            outline = state.outlines[zone.id].area
            if area.symmetric_difference(outline).area > _LEAST_REDRAWN_M2:
                redrawn[zone.id] = area
        return redrawn

    def _apply(self, redrawn: Mapping[str, BaseGeometry]) -> _RedrawnOutcome:
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
            return _RedrawnOutcome(Message("redrawn.nothing", zones=zones), refused)
        label = f"Use zones drawn in another program: {zones}"
        session.apply(label, lambda _: after, kind=EditKind.IMPORT)
        session.write_outlines()
        assignment = after.plans[uid].assignment
        moved = sum(plan.assignment.get(site) != zone for site, zone in assignment.items())
        template = "redrawn" if plan.is_draft else "redrawn.draft"
        message = Message(template, zones=zones, n=moved, plan=name)
        return _RedrawnOutcome(message, refused, taken=True)


def _propose_assignment(
    project: Project, plan_uid: str, redrawn: Mapping[str, BaseGeometry]
) -> tuple[Project, tuple[UserError, ...]]:
    """Return the project with the sites and blocks in redrawn zones assigned to them, and errors.

    The same project object comes back if nothing changes.
    """
    after, refused = project, list[UserError]()
    for zone, area in redrawn.items():
        for site in project.patrolled:
            if after.plans[plan_uid].assignment.get(site.id) == zone or not area.covers(site.point):
                continue
            try:
                after = assign_sites(after, plan_uid, {site.id: zone})
            except UserError as error:
                refused.append(error)
        after = _assign_blocks(after, plan_uid, zone, area)
    return after, tuple(refused)


def _assign_blocks(project: Project, plan_uid: str, zone: str, area: BaseGeometry) -> Project:
    """Reassign the blocks in an area that were assigned to another zone by hand."""
    overrides = project.plans[plan_uid].block_overrides
    for block in project.blocks.values():
        home = overrides.get(block.id, zone)
        if home != zone and area.covers(block.area.representative_point()):
            with suppress(UserError):
                project = move_block(project, plan_uid, block.id, zone)
    return project
