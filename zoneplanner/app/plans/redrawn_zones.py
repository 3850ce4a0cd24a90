"""Zones that another program redrew in the layer ``zone_area``: read as a proposed assignment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shapely.geometry.base import BaseGeometry

from zoneplanner.app.session.identity import new_uid
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.plans.edits import assign_sites, move_block
from zoneplanner.domain.plans.lifecycle import add_plan, branch_plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import render_message

if TYPE_CHECKING:
    from zoneplanner.app.session.events import SessionChange
    from zoneplanner.app.session.session import Session

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
        if not redrawn or store.read_only or not store.role.may_edit:
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
    """Return a project whose draft gives what lies in redrawn zones to them; what may not is told.

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
