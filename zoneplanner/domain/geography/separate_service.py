"""Sites that cannot share a zone with others get a separate unit and area, or no patrol."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import cast

from zoneplanner.domain.geography.map_edits import add_blocks
from zoneplanner.domain.geography.site import AreaGeometry, Block, Jurisdiction
from zoneplanner.domain.project import Project
from zoneplanner.domain.units import UnitAccess, make_next_unit
from zoneplanner.errors import UserError


def leave_unpatrolled(project: Project, sites: Collection[str]) -> Project:
    """Take sites out of patrol."""
    unpatrolled = {key: replace(project.sites[key], patrolled=False) for key in sites}
    return replace(project, sites={**project.sites, **unpatrolled})


def serve_separately(
    project: Project, sites: Sequence[str], lies_in: str, area: AreaGeometry
) -> Project:
    """Give sites of one jurisdiction a unit that serves only them.

    ``area`` is the land around the sites. It becomes a jurisdiction with the name of the first
    site, unless it is all of the jurisdiction that it ``lies_in``. Other units may only assist
    there.

    Raises
    ------
    UserError
        No zone unit may serve the sites now.
    """
    candidates = (unit for unit in project.units.values() if unit.holds_zone)
    model = next((unit for unit in candidates if unit.may_be_primary(lies_in)), None)
    if model is None:
        raise UserError("no_unit_for_area", area=project.jurisdictions[lies_in].name)
    project, own = _split_off_area(project, project.sites[sites[0]].name, lies_in, area)
    units = {
        key: replace(unit, access={**unit.access, own: UnitAccess.ASSIST})
        if unit.may_be_primary(lies_in)
        else unit
        for key, unit in project.units.items()
    }
    unit = replace(make_next_unit(model, units), access={own: UnitAccess.PRIMARY}, posts=())
    return replace(project, units={**units, unit.id: unit})


def _split_off_area(
    project: Project, name: str, lies_in: str, area: AreaGeometry
) -> tuple[Project, str]:
    """Make an area a separate jurisdiction and return its id.

    If the area is all of the jurisdiction, that one stays and its id is returned.
    """
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
        block.id: Block(block.id, key, block.area)
        for block in project.blocks.values()
        if block.jurisdiction == lies_in and area.covers(block.area.representative_point())
    }
    project = replace(project, jurisdictions=jurisdictions)
    return (add_blocks(project, blocks) if blocks else project), key
