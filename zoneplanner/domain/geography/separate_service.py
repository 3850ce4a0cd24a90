"""Sites that no zone can hold with others: a unit and an area of their own, or no patrol."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import cast

from zoneplanner.domain.geography.map_edits import add_blocks
from zoneplanner.domain.geography.site import AreaGeometry, Block, Jurisdiction
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import Unit, UnitAccess, make_next_unit
from zoneplanner.errors import UserError


def leave_unpatrolled(project: Project, sites: Collection[str]) -> Project:
    """Take sites out of patrol."""
    left = {key: replace(project.sites[key], patrolled=False) for key in sites}
    return replace(project, sites={**project.sites, **left})


def serve_separately(
    project: Project, sites: Sequence[str], lies_in: str, area: AreaGeometry
) -> Project:
    """Give sites of one jurisdiction a unit that serves nothing else.

    ``area`` is the land around them: it becomes a jurisdiction called like the first site, where
    the one that it ``lies_in`` has other land. Other units of the area may only assist there.

    Raises
    ------
    UserError
        No unit that holds a zone may serve them now.
    """
    model = next(
        (one for one in project.units.values() if one.holds_zone and one.may_be_primary(lies_in)),
        None,
    )
    if model is None:
        raise UserError("no_unit_for_area", area=project.jurisdictions[lies_in].name)
    project, own = _part_area(project, project.sites[sites[0]].name, lies_in, area)
    units = {key: _only_assist(unit, lies_in, own) for key, unit in project.units.items()}
    unit = replace(make_next_unit(model, units), access={own: UnitAccess.PRIMARY}, posts=())
    return replace(project, units={**units, unit.id: unit})


def _part_area(
    project: Project, name: str, lies_in: str, area: AreaGeometry
) -> tuple[Project, str]:
    """Part an area from a jurisdiction; return its id, which is the old one where all is its."""
    whole = project.jurisdictions[lies_in]
    left = whole.area.difference(area)
    if left.area <= 0.01 * area.area:
        return project, lies_in
    key = name if name not in project.jurisdictions else f"{name} area"
    jurisdictions = {
        **project.jurisdictions,
        lies_in: replace(whole, area=cast(AreaGeometry, left)),
        key: Jurisdiction(key, key, whole.kind, area),
    }
    blocks = {
        own.id: Block(own.id, key, own.area)
        for own in project.blocks.values()
        if own.jurisdiction == lies_in and area.covers(own.area.representative_point())
    }
    project = replace(project, jurisdictions=jurisdictions)
    return (add_blocks(project, blocks) if blocks else project), key


def _only_assist(unit: Unit, lies_in: str, own: str) -> Unit:
    if not unit.may_be_primary(lies_in):
        return unit
    return replace(unit, access={**unit.access, own: UnitAccess.ASSIST})
