"""All that follows from a project and one of its plans, and who is notified when it changes.

It is kept up to date piece by piece. Zone outlines follow the streets of the basemap where the
office prefers that. Listeners wait while another thread works on the project.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import shapely

from zoneplanner.analysis.geometry.cells_and_outlines import (
    Cells,
    ZoneOutline,
    build_zone_outlines,
    connect_cells,
    find_vertex_zones,
)
from zoneplanner.analysis.geometry.street_edges import (
    Polygons,
    list_street_faces,
    move_edges_to_streets,
)
from zoneplanner.analysis.measures.plan_measures import (
    PlanMeasures,
    compute_plan_measures,
    compute_problem_fingerprint,
    compute_proof_fingerprint,
    gather_plan_facts,
)
from zoneplanner.analysis.planning_basis import PlanningBasis, compute_planning_basis
from zoneplanner.app.geography.basemap_files import find_basemap
from zoneplanner.domain.changes import ProjectChanges, list_zone_reassignments
from zoneplanner.domain.locale_formats import STREET_EDGES
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.plans.checks import (
    CheckFinding,
    find_plan_notes,
    find_plan_problems,
    find_site_notes,
)
from zoneplanner.domain.plans.plan import OptimalityProof, Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

if TYPE_CHECKING:
    from zoneplanner.storage import EditRecord


_STREETS = ("freeway", "arterial", "collector", "local")
_MARGIN_M = 500.0
Outlines = Mapping[str, ZoneOutline]


@dataclass(frozen=True, eq=False, slots=True)
class StreetFaces:
    """The land between the streets of a basemap, around the zones."""

    content: str
    bounds: tuple[float, float, float, float]
    polygons: Polygons


def find_street_faces(
    project: Project, outlines: Outlines, known: StreetFaces | None
) -> StreetFaces | None:
    """Return the land between streets where edges are to follow them; ``known`` where it holds."""
    basemap = project.basemap
    if basemap is None or project.preferences.edges != STREET_EDGES or not outlines:
        return None
    whole = shapely.total_bounds([own.area for own in outlines.values()])
    bounds = shapely.box(*whole.tolist()).buffer(_MARGIN_M).bounds
    if known is not None and (known.content, known.bounds) == (basemap.content, bounds):
        return known
    found = find_basemap(project, _STREETS)
    streets = [shape for own in found.values() for shape in own.shapes.tolist()]
    faces = list_street_faces(streets, shapely.box(*bounds))
    return StreetFaces(basemap.content, bounds, faces)


def follow_streets(
    plan: Plan, basis: PlanningBasis, outlines: Outlines, faces: StreetFaces, before: Outlines
) -> Outlines:
    """Return outlines with edges on streets; those that are as ``before`` are the very same."""
    sites = {site.id: site.position for site in basis.sites}
    moved = move_edges_to_streets(plan, basis.cells, outlines, sites, faces.polygons)
    return {zone: _reuse(before.get(zone), own) for zone, own in moved.items()}


def _reuse(before: ZoneOutline | None, now: ZoneOutline) -> ZoneOutline:
    if before is None or before.pieces != now.pieces:
        return now
    same = shapely.equals_exact(shapely.normalize(before.area), shapely.normalize(now.area))
    return before if same else now


_WRITTEN_FIGURES = ("load_min", "deviation", "pieces")
_BESIDE_PLANS = frozenset(
    (
        *("officers", "officer_files", "posts", "shifts", "swaps", "roster_rules", "hours_rules"),
        *("rules", "rule_pack", "district_rules", "records", "mappings", "directory"),
        *("site_notes", "year_rollover"),
    )
)
"""What a project has that no plan's outlines, figures, problems or notes follow from."""


@dataclass(frozen=True, eq=False, slots=True)
class ProjectState:
    """One state of the project as the window and the command line show it.

    ``project`` is as the plan sees it, what-ifs included; ``kept`` the one that is saved and
    edited, the very same where the plan has no what-ifs. ``proof`` is the plan's proof where it
    still holds for these loads, rules and sites, also after edits by hand that keep the rules.
    ``outlines`` are as they are drawn, written and printed; ``block_outlines`` along the building
    blocks, the very same unless edges follow streets. ``site_notes`` are those of the notes that
    no drag changes.
    """

    saved_project: Project
    project: Project
    plan: Plan | None
    basis: PlanningBasis
    outlines: Mapping[str, ZoneOutline]
    figures: PlanMeasures | None
    problems: tuple[CheckFinding, ...]
    notes: tuple[CheckFinding, ...]
    site_notes: tuple[CheckFinding, ...]
    proof: OptimalityProof | None
    block_outlines: Mapping[str, ZoneOutline]
    street_faces: StreetFaces | None = None


def derive_state(
    kept: Project,
    plan: Plan | None,
    previous: ProjectState | None = None,
    *,
    cells: Cells | None = None,
    north_rad: float | None = None,
    drawn: bool = True,
) -> ProjectState:
    """Compute what follows from a project and a plan, reusing what has not changed.

    ``cells`` and ``north_rad`` are those of the project where they are known. Without ``drawn``
    edges stay along blocks, since moving them to streets takes longer than a frame.
    """
    project = _apply_what_ifs(kept, plan, previous)
    if previous is not None and plan is previous.plan and _differ_beside_plans(kept, previous):
        lines = previous.block_outlines
        state = replace(previous, saved_project=kept, project=project, outlines=lines)
        return draw_edges(state, previous) if drawn else state
    given = None if cells is None else connect_cells(cells, project.connections)
    base = compute_planning_basis(
        project, previous.basis if previous else None, cells=given, north_rad=north_rad
    )
    outlines, figures = _derive_zones(project, plan, base, previous) if plan else ({}, None)
    facts = gather_plan_facts(base, figures)
    problems = find_plan_problems(project, plan, facts)
    if previous is not None and previous.basis is base and previous.project.units is project.units:
        of_sites = previous.site_notes
    else:
        of_sites = find_site_notes(project, facts)
    state = ProjectState(
        saved_project=kept,
        project=project,
        plan=plan,
        basis=base,
        outlines=outlines,
        figures=figures,
        problems=problems,
        notes=find_plan_notes(project, facts, plan, of_sites=of_sites),
        site_notes=of_sites,
        proof=_check_proof(project, plan, base, None if problems else figures) if plan else None,
        block_outlines=outlines,
        street_faces=previous.street_faces if previous is not None else None,
    )
    return draw_edges(state, previous) if drawn else state


def _differ_beside_plans(kept: Project, previous: ProjectState) -> bool:
    before = previous.saved_project
    names = (one.name for one in fields(Project))
    return {name for name in names if getattr(kept, name) is not getattr(before, name)} <= (
        _BESIDE_PLANS
    )


def draw_edges(state: ProjectState, previous: ProjectState | None) -> ProjectState:
    """Return a state whose edges follow streets, where the office prefers that."""
    known = previous.street_faces if previous is not None else None
    faces = find_street_faces(state.saved_project, state.block_outlines, known)
    if faces is None or state.plan is None:
        return state
    before: Mapping[str, ZoneOutline] = {}
    if previous is not None:
        before = previous.outlines
        if faces is known and _are_same(previous.block_outlines, state.block_outlines):
            return replace(state, outlines=before, street_faces=faces)
    outlines = follow_streets(state.plan, state.basis, state.block_outlines, faces, before)
    return replace(state, outlines=outlines, street_faces=faces)


def _are_same(before: Mapping[str, ZoneOutline], after: Mapping[str, ZoneOutline]) -> bool:
    return before.keys() == after.keys() and all(before[key] is own for key, own in after.items())


def _derive_zones(
    project: Project, plan: Plan, base: PlanningBasis, previous: ProjectState | None
) -> tuple[Mapping[str, ZoneOutline], PlanMeasures]:
    """Return outlines and figures of a plan; those of zones that did not change are reused."""
    only = _find_changed_zones(plan, base, previous)
    outlines = build_zone_outlines(plan, base.cells, only=only)
    if previous is None or only is None:
        return outlines, compute_plan_measures(project, plan, base, outlines)
    same = {zone: line for zone, line in previous.block_outlines.items() if zone not in only}
    outlines = {**same, **outlines}
    return outlines, compute_plan_measures(
        project, plan, base, outlines, previous=previous.figures, only=only
    )


def derive_gesture_state(kept: Project, start: ProjectState) -> ProjectState:
    """Return what follows within a frame from sites that moved: figures, in the areas from before.

    Pieces, outlines, problems and notes are those of ``start``.
    """
    if start.plan is None or start.figures is None or start.plan.uid not in kept.plans:
        return start
    plan = kept.plans[start.plan.uid]
    project = _apply_what_ifs(kept, plan, start)
    base = compute_planning_basis(project, start.basis, cells=start.basis.cells)
    figures = compute_plan_measures(project, plan, base, start.outlines)
    return replace(
        start, saved_project=kept, project=project, plan=plan, basis=base, figures=figures
    )


def _apply_what_ifs(kept: Project, plan: Plan | None, previous: ProjectState | None) -> Project:
    """Look at the project through the plan's what-ifs; sites seen before stay the very same."""
    old = previous.plan if previous is not None else None
    if plan is None or not plan.what_if or previous is None or old is None:
        return kept.with_what_ifs(plan)
    if plan.what_if is old.what_if and kept.sites is previous.saved_project.sites:
        return replace(kept, sites=previous.project.sites)
    return kept.with_what_ifs(plan)


def _find_changed_zones(
    plan: Plan, base: PlanningBasis, previous: ProjectState | None
) -> frozenset[str] | None:
    """Zones to compute anew, or None where all must be."""
    if previous is None or previous.plan is None or previous.basis is not base:
        return None
    old = previous.plan
    if old.uid != plan.uid or old.zones != plan.zones:
        return None
    ends = {
        end
        for move in list_zone_reassignments(old, plan)
        for end in (move.before, move.after)
        if end
    }
    return frozenset(ends) | _find_zones_of_moved_blocks(old, plan, base)


def _find_zones_of_moved_blocks(old: Plan, plan: Plan, base: PlanningBasis) -> frozenset[str]:
    """Return the zones that blocks moved by hand leave or enter."""
    before, after = old.block_overrides, plan.block_overrides
    if before is after:
        return frozenset()
    blocks = {b for b in before.keys() | after.keys() if before.get(b) != after.get(b)}
    if not blocks:
        return frozenset()
    ends = {zones[block] for zones in (before, after) for block in blocks if block in zones}
    vertices = {part.vertex for part in base.cells.parts if part.block in blocks}
    for owner in (old, plan):
        of_vertex = find_vertex_zones(owner, base.cells)
        ends |= {zone for vertex in vertices if (zone := of_vertex[vertex]) is not None}
    return frozenset(ends)


def _check_proof(
    project: Project, plan: Plan, base: PlanningBasis, figures: PlanMeasures | None
) -> OptimalityProof | None:
    """The proof of a plan whose problem it is; ``figures`` where no rule is broken.

    No plan that keeps the rules is below the bound, whoever made it: an edited plan has its own
    cost beside the same bound.
    """
    proof = plan.proof
    if proof is None:
        return None
    if proof.inputs == compute_problem_fingerprint(project, plan, base):
        return None if figures is None else replace(proof, cost=figures.cost)
    return proof if proof.inputs == compute_proof_fingerprint(project, plan, base) else None


def fingerprint_plan_problem(state: ProjectState) -> str | None:
    """Return what a bound for the plan on screen depends on; None where it breaks a rule."""
    if state.plan is None or state.problems or state.figures is None:
        return None
    return compute_problem_fingerprint(state.project, state.plan, state.basis)


def derive_state_in_force(
    shown: ProjectState, today: date, known: ProjectState | None = None
) -> ProjectState:
    """Read the plan that units follow today: the one in force, else the latest.

    It may not be the plan on screen, ``shown``. ``known`` comes back where it still holds.
    """
    plan = shown.saved_project.current_plan(today)
    if shown.plan is plan:
        return shown
    if known is not None and known.saved_project is shown.saved_project and known.plan is plan:
        return known
    return derive_state(shown.saved_project, plan, shown)


def collect_zone_outlines(
    after: ProjectState, before: ProjectState | None = None
) -> dict[str, Any]:
    """Return the outlines and figures of a reading that the store writes for other programs.

    With ``before``, only of the zones whose outline or figures are not the very same there.
    """
    if after.plan is None or after.figures is None:
        return {}
    same_plan = before is not None and get_plan_uid(before) == get_plan_uid(after)
    old_lines = before.outlines if before is not None and same_plan else {}
    old_rows = before.figures.zones if before is not None and same_plan and before.figures else {}
    rows = after.figures.zones
    changed = [
        zone
        for zone, line in after.outlines.items()
        if old_lines.get(zone) is not line or old_rows.get(zone) != rows[zone]
    ]
    uid = after.plan.uid
    return {
        "outlines": {(uid, zone): after.outlines[zone].area for zone in changed},
        "figures": {
            (uid, zone): {name: getattr(rows[zone], name) for name in _WRITTEN_FIGURES}
            for zone in changed
        },
    }


def get_plan_uid(state: ProjectState) -> str | None:
    """Return the uid of the plan that a reading shows, if any."""
    return state.plan.uid if state.plan else None


def require_plan(state: ProjectState) -> Plan:
    """Return the plan on screen; without one it is a UserError."""
    if state.plan is None:
        raise UserError("no_plan")
    return state.plan


@dataclass(frozen=True, eq=False, slots=True)
class SessionChange:
    """What listeners hear: the readings before and after, and what differs between them.

    ``preview`` marks a state in the middle of a gesture that is not saved; ``logged`` the
    entries that the journal took; ``others`` the edits of other desks that are part of it.
    """

    before: ProjectState
    after: ProjectState
    changes: ProjectChanges
    preview: bool = False
    logged: tuple[JournalEntry, ...] = ()
    others: tuple["EditRecord", ...] = ()


Listener = Callable[[SessionChange], None]


class Listeners:
    """The listeners to changes; while they are ``held``, changes wait for ``release``."""

    def __init__(self) -> None:
        self._heard_by: list[Listener] = []
        self._waiting: list[SessionChange] | None = None

    @property
    def paused(self) -> bool:
        """True between ``hold`` and ``release``."""
        return self._waiting is not None

    def add(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` at each change; the returned function ends that."""
        self._heard_by.append(listener)
        return lambda: self._heard_by.remove(listener)

    def notify(self, event: SessionChange) -> None:
        """Call everyone, or keep the event for later."""
        if self._waiting is not None:
            self._waiting.append(event)
            return
        for listener in tuple(self._heard_by):
            listener(event)

    def pause(self) -> None:
        """Leave the project to one other thread; its changes wait."""
        self._waiting = []

    def resume(self) -> None:
        """Tell what waited, in the thread that calls."""
        waiting, self._waiting = self._waiting or [], None
        for event in waiting:
            self.notify(event)
