"""The state derived from a project and one of its plans, and who is notified when it changes.

A new state reuses whatever did not change. If the office prefers it, zone outlines follow the
streets of the basemap. Listeners wait while another thread works on the project.
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
from zoneplanner.domain.edits import ProjectChanges, list_zone_reassignments
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
    """The areas between the streets of a basemap, around the zones."""

    content: str
    bounds: tuple[float, float, float, float]
    polygons: Polygons


def find_street_faces(
    project: Project, outlines: Outlines, cached: StreetFaces | None
) -> StreetFaces | None:
    """Return the areas between streets if edges follow streets; ``cached`` if it is still valid."""
    basemap = project.basemap
    if basemap is None or project.preferences.edges != STREET_EDGES or not outlines:
        return None
    extent = shapely.total_bounds([outline.area for outline in outlines.values()])
    bounds = shapely.box(*extent.tolist()).buffer(_MARGIN_M).bounds
    if cached is not None and (cached.content, cached.bounds) == (basemap.content, bounds):
        return cached
    features = find_basemap(project, _STREETS)
    streets = [shape for each in features.values() for shape in each.shapes.tolist()]
    faces = list_street_faces(streets, shapely.box(*bounds))
    return StreetFaces(basemap.content, bounds, faces)


def follow_streets(
    plan: Plan, basis: PlanningBasis, outlines: Outlines, faces: StreetFaces, before: Outlines
) -> Outlines:
    """Return outlines with edges on streets; an outline that did not change is reused."""
    sites = {site.id: site.position for site in basis.sites}
    moved = move_edges_to_streets(plan, basis.cells, outlines, sites, faces.polygons)
    return {zone: _reuse(before.get(zone), outline) for zone, outline in moved.items()}


def _reuse(before: ZoneOutline | None, after: ZoneOutline) -> ZoneOutline:
    """Return the earlier object if both outlines are equal, so that ``is`` finds what changed."""
    if before is None or before.pieces != after.pieces:
        return after
    is_equal = shapely.equals_exact(shapely.normalize(before.area), shapely.normalize(after.area))
    return before if is_equal else after


_WRITTEN_FIGURES = ("load_min", "deviation", "pieces")
_FIELDS_WITHOUT_EFFECT_ON_PLANS = frozenset(
    (
        "officers",
        "officer_files",
        "posts",
        "shifts",
        "swaps",
        "roster_rules",
        "hours_rules",
        "rules",
        "rule_pack",
        "district_rules",
        "records",
        "mappings",
        "directory",
        "site_notes",
        "year_rollover",
    )
)
"""Fields of a project on which no plan's outlines, figures, problems or notes depend."""


@dataclass(frozen=True, eq=False, slots=True)
class ProjectState:
    """One state of the project as the window and the command line show it.

    ``project`` includes the plan's what-ifs; ``saved_project`` is saved and edited, and is the same
    object if the plan has no what-ifs. ``proof`` is the plan's proof if it is still valid for these
    loads, rules and sites, also after manual edits that keep the rules. ``outlines`` are drawn,
    written and printed; ``block_outlines`` follow the building blocks, and are the same object
    unless edges follow streets. ``site_notes`` are the notes that no drag changes.
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
    saved_project: Project,
    plan: Plan | None,
    previous: ProjectState | None = None,
    *,
    cells: Cells | None = None,
    north_rad: float | None = None,
    drawn: bool = True,
) -> ProjectState:
    """Compute the state of a project and a plan, reusing what did not change.

    ``cells`` and ``north_rad`` are the project's, if they are known. If not ``drawn``, edges stay
    along blocks, because moving them to streets takes longer than a frame.
    """
    project = _apply_what_ifs(saved_project, plan, previous)
    if (
        previous is not None
        and plan is previous.plan
        and _differ_without_effect(saved_project, previous.saved_project)
    ):
        lines = previous.block_outlines
        state = replace(previous, saved_project=saved_project, project=project, outlines=lines)
        return draw_edges(state, previous) if drawn else state
    basis = compute_planning_basis(
        project,
        previous.basis if previous else None,
        cells=None if cells is None else connect_cells(cells, project.connections),
        north_rad=north_rad,
    )
    outlines, figures = _derive_zones(project, plan, basis, previous) if plan else ({}, None)
    facts = gather_plan_facts(basis, figures)
    problems = find_plan_problems(project, plan, facts)
    if previous is not None and previous.basis is basis and previous.project.units is project.units:
        site_notes = previous.site_notes
    else:
        site_notes = find_site_notes(project, facts)
    state = ProjectState(
        saved_project=saved_project,
        project=project,
        plan=plan,
        basis=basis,
        outlines=outlines,
        figures=figures,
        problems=problems,
        notes=find_plan_notes(project, facts, plan, of_sites=site_notes),
        site_notes=site_notes,
        proof=_check_proof(project, plan, basis, None if problems else figures) if plan else None,
        block_outlines=outlines,
        street_faces=previous.street_faces if previous is not None else None,
    )
    return draw_edges(state, previous) if drawn else state


def _differ_without_effect(before: Project, after: Project) -> bool:
    return all(
        getattr(before, field.name) is getattr(after, field.name)
        for field in fields(Project)
        if field.name not in _FIELDS_WITHOUT_EFFECT_ON_PLANS
    )


def draw_edges(state: ProjectState, previous: ProjectState | None) -> ProjectState:
    """Return a state whose edges follow streets if the office prefers that."""
    cached = previous.street_faces if previous is not None else None
    faces = find_street_faces(state.saved_project, state.block_outlines, cached)
    if faces is None or state.plan is None:
        return state
    before: Mapping[str, ZoneOutline] = {}
    if previous is not None:
        before = previous.outlines
        if faces is cached and _are_same(previous.block_outlines, state.block_outlines):
            return replace(state, outlines=before, street_faces=faces)
    outlines = follow_streets(state.plan, state.basis, state.block_outlines, faces, before)
    return replace(state, outlines=outlines, street_faces=faces)


def _are_same(before: Mapping[str, ZoneOutline], after: Mapping[str, ZoneOutline]) -> bool:
    return before.keys() == after.keys() and all(before[key] is after[key] for key in after)


def _derive_zones(
    project: Project, plan: Plan, basis: PlanningBasis, previous: ProjectState | None
) -> tuple[Mapping[str, ZoneOutline], PlanMeasures]:
    """Return a plan's outlines and figures; zones that did not change are reused."""
    changed = _find_changed_zones(plan, basis, previous)
    outlines = build_zone_outlines(plan, basis.cells, only=changed)
    if previous is None or changed is None:
        return outlines, compute_plan_measures(project, plan, basis, outlines)
    reused = {zone: line for zone, line in previous.block_outlines.items() if zone not in changed}
    outlines = {**reused, **outlines}
    return outlines, compute_plan_measures(
        project, plan, basis, outlines, previous=previous.figures, only=changed
    )


def derive_gesture_state(saved_project: Project, start: ProjectState) -> ProjectState:
    """Return the state while sites are dragged: new figures in unchanged areas, within a frame.

    Pieces, outlines, problems and notes are from ``start``.
    """
    if start.plan is None or start.figures is None or start.plan.uid not in saved_project.plans:
        return start
    plan = saved_project.plans[start.plan.uid]
    project = _apply_what_ifs(saved_project, plan, start)
    basis = compute_planning_basis(project, start.basis, cells=start.basis.cells)
    return replace(
        start,
        saved_project=saved_project,
        project=project,
        plan=plan,
        basis=basis,
        figures=compute_plan_measures(project, plan, basis, start.outlines),
    )


def _apply_what_ifs(
    saved_project: Project, plan: Plan | None, previous: ProjectState | None
) -> Project:
    """Return the project with the plan's what-ifs; its sites are reused if they did not change."""
    if (
        plan is not None
        and plan.what_if
        and previous is not None
        and previous.plan is not None
        and plan.what_if is previous.plan.what_if
        and saved_project.sites is previous.saved_project.sites
    ):
        return replace(saved_project, sites=previous.project.sites)
    return saved_project.with_what_ifs(plan)


def _find_changed_zones(
    plan: Plan, basis: PlanningBasis, previous: ProjectState | None
) -> frozenset[str] | None:
    """Return the zones to compute again, or None for all."""
    if previous is None or previous.plan is None or previous.basis is not basis:
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
    return frozenset(ends) | _find_zones_of_moved_blocks(old, plan, basis)


def _find_zones_of_moved_blocks(old: Plan, plan: Plan, basis: PlanningBasis) -> frozenset[str]:
    """Return the zones that manually moved blocks leave or enter."""
    before, after = old.block_overrides, plan.block_overrides
    if before is after:
        return frozenset()
    every = before.keys() | after.keys()
    blocks = {block for block in every if before.get(block) != after.get(block)}
    if not blocks:
        return frozenset()
    ends = {zones[block] for zones in (before, after) for block in blocks if block in zones}
    vertices = {part.vertex for part in basis.cells.parts if part.block in blocks}
    for either in (old, plan):
        zone_by_vertex = find_vertex_zones(either, basis.cells)
        ends |= {zone for vertex in vertices if (zone := zone_by_vertex[vertex]) is not None}
    return frozenset(ends)


def _check_proof(
    project: Project, plan: Plan, basis: PlanningBasis, figures: PlanMeasures | None
) -> OptimalityProof | None:
    """Return a plan's proof if it is about this problem; ``figures`` is None if a rule is broken.

    No plan that keeps the rules costs less than the bound, whoever made it: an edited plan has its
    own cost and the same bound.
    """
    proof = plan.proof
    if proof is None:
        return None
    if proof.inputs == compute_problem_fingerprint(project, plan, basis):
        return None if figures is None else replace(proof, cost=figures.cost)
    return proof if proof.inputs == compute_proof_fingerprint(project, plan, basis) else None


def fingerprint_plan_problem(state: ProjectState) -> str | None:
    """Return a fingerprint of what the plan's bound depends on.

    The result is None if the plan breaks a rule.
    """
    if state.plan is None or state.problems or state.figures is None:
        return None
    return compute_problem_fingerprint(state.project, state.plan, state.basis)


def derive_state_in_force(
    shown: ProjectState, today: date, cached: ProjectState | None = None
) -> ProjectState:
    """Return the state of the plan that units follow today: the plan in force, or else the latest.

    That may not be the plan on screen, ``shown``. ``cached`` is returned if it is still valid.
    """
    plan = shown.saved_project.current_plan(today)
    if shown.plan is plan:
        return shown
    if cached is not None and cached.saved_project is shown.saved_project and cached.plan is plan:
        return cached
    return derive_state(shown.saved_project, plan, shown)


def collect_zone_outlines(
    after: ProjectState, before: ProjectState | None = None
) -> dict[str, Any]:
    """Return the outlines and figures of a state that the store writes for other programs.

    With ``before``, only zones whose outline or figures changed are returned.
    """
    if after.plan is None or after.figures is None:
        return {}
    if before is not None and get_plan_uid(before) != get_plan_uid(after):
        before = None
    old_lines = before.outlines if before is not None else {}
    old_rows = before.figures.zones if before is not None and before.figures else {}
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
    """Return the uid of a state's plan, if any."""
    return state.plan.uid if state.plan else None


def require_plan(state: ProjectState) -> Plan:
    """Return the plan on screen; if there is none, that is a UserError."""
    if state.plan is None:
        raise UserError("no_plan")
    return state.plan


@dataclass(frozen=True, eq=False, slots=True)
class SessionChange:
    """What listeners get: the states before and after, and what differs between them.

    ``preview`` marks an unsaved state in the middle of a gesture; ``logged`` are new entries of the
    journal; ``others`` are the included edits of other desks.
    """

    before: ProjectState
    after: ProjectState
    changes: ProjectChanges
    preview: bool = False
    logged: tuple[JournalEntry, ...] = ()
    others: tuple["EditRecord", ...] = ()


Listener = Callable[[SessionChange], None]


class Listeners:
    """The listeners to changes; between ``pause`` and ``resume``, changes wait."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._waiting: list[SessionChange] | None = None

    @property
    def paused(self) -> bool:
        """Whether changes wait."""
        return self._waiting is not None

    def add(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` at each change; the returned function removes it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def notify(self, event: SessionChange) -> None:
        """Call all listeners now, or after ``resume``."""
        if self._waiting is not None:
            self._waiting.append(event)
            return
        for listener in tuple(self._listeners):
            listener(event)

    def pause(self) -> None:
        """Let changes wait while one other thread works on the project."""
        self._waiting = []

    def resume(self) -> None:
        """Notify of the changes that waited, in the calling thread."""
        waiting, self._waiting = self._waiting or [], None
        for event in waiting:
            self.notify(event)
