"""What another program changed in the project's own tables: looked at, then taken or put back."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from zoneplanner.domain.changes import EditKind, label_external_edit
from zoneplanner.domain.geography.map_edits import compute_project_extent
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.project import Project
from zoneplanner.errors import Conflict

if TYPE_CHECKING:
    from zoneplanner.storage import EditRecord, Store

_FARTHEST_M = 100_000.0
_SAME_PLACE_M = 0.01
_MOST_TOLD = 3


def reconcile_external_edits(
    store: "Store",
    before: Project,
    found: Project,
    edits: Sequence["EditRecord"],
    *,
    here: int,
    plan_uid: str | None,
    actor: str,
    at: datetime,
) -> tuple[Project, "EditRecord | None"]:
    """Take what another program changed as a step that can be undone, or put it back.

    ``edits`` are those saved since the project ``before``, ``found`` what they led to;
    ``here`` is the number of the present step. Returned are the project as it is then, and the
    edit that says so: None where no other program was there, another desk was faster, or nothing
    that counts was changed.
    """
    if not edits or not edits[-1].is_external or store.read_only or not store.role.may_edit:
        return found, None
    last = edits[-1].seq
    said: dict[str, Any] = {"actor": actor, "at": at, "plan": plan_uid}
    why = next(_find_faults(before, found), "")
    try:
        if why:
            where: dict[str, Any] = {"step": here, "jump": True, "last": last}
            label = label_external_edit(EditKind.REVERTED, why)
            return before, store.save(found, before, label=label, **said, **where)
        words = _describe_differences(before, found)
        label = label_external_edit(EditKind.ACCEPTED, words)
        return found, store.record_external_edit(before, found, label=label, **said, last=last)
    except Conflict:
        return found, None


def _find_faults(before: Project, after: Project) -> Iterator[str]:
    """Say what of a change cannot be: no name, a place far away, an area that crosses itself."""
    here = compute_project_extent(before)
    for key, site in after.sites.items():
        if before.sites.get(key) == site:
            continue
        if not site.id.strip() or not site.name.strip():
            yield "a site has no code or no name"
        elif not np.isfinite(site.position).all():
            yield f"{site.name} has no place"
        elif here is not None and site.point.distance(here) > _FARTHEST_M:
            yield f"{site.name} would lie {site.point.distance(here) / 1000:,.0f} km away"
    for kind, own, old in (
        ("jurisdiction", after.jurisdictions, before.jurisdictions),
        ("block", after.blocks, before.blocks),
    ):
        for key, item in own.items():
            known = old.get(key)
            if known is not None and known.area == item.area:
                continue
            if not item.area.is_valid or item.area.area <= 0:
                yield f"the area of {kind} {key} crosses itself or is empty"


def _describe_differences(before: Project, after: Project) -> str:
    """Say in words what differs between two projects."""
    words = list(_describe_site_changes(before, after))
    for one, several, own, old in (
        ("jurisdiction", "jurisdictions", after.jurisdictions, before.jurisdictions),
        ("block", "blocks", after.blocks, before.blocks),
        ("plan", "plans", after.plans, before.plans),
    ):
        count = sum(old.get(key) is None or not _same(old[key], own[key]) for key in own)
        count += len(old.keys() - own.keys())
        if count:
            words.append(f"{count:,} {one if count == 1 else several} changed")
    return "; ".join(words) or "the project was changed"


def _describe_site_changes(before: Project, after: Project) -> Iterator[str]:
    changed = [
        (before.sites[key], site)
        for key, site in after.sites.items()
        if key in before.sites and before.sites[key] != site
    ]
    if len(changed) <= _MOST_TOLD:
        yield from (_describe_site_change(old, new) for old, new in changed)
    else:
        yield f"{len(changed):,} sites changed"
    for word, keys in (
        ("added", after.sites.keys() - before.sites.keys()),
        ("removed", before.sites.keys() - after.sites.keys()),
    ):
        if keys:
            yield f"{len(keys):,} {'site' if len(keys) == 1 else 'sites'} {word}"


def _describe_site_change(old: Site, new: Site) -> str:
    away_m = float(np.hypot(new.x_m - old.x_m, new.y_m - old.y_m))
    if away_m > _SAME_PLACE_M:
        return f"{new.name} moved by {away_m:,.0f} m"
    return f"{new.name} changed"


def _same(one: object, other: object) -> bool:
    return all(
        getattr(one, name) == getattr(other, name) for name in getattr(type(one), "__slots__", ())
    )
