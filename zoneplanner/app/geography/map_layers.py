"""The map's layers for a person: where each comes from, what to credit, own ones in and out."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoneplanner.app.geography.basemap import set_project_basemap
from zoneplanner.app.geography.basemap_files import find_basemap
from zoneplanner.app.session.state import ProjectState
from zoneplanner.bundled import gis_data_dir
from zoneplanner.domain.geography.basemap import STREET_KINDS
from zoneplanner.domain.geography.map_edits import (
    add_layer,
    compute_project_extent,
    make_unique_title,
    remove_layer,
)
from zoneplanner.domain.project import Layer, Project
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.presets.bundled_district import read_layer_sources
from zoneplanner.messages import format_count

if TYPE_CHECKING:
    from zoneplanner.app.session.session import Session
    from zoneplanner.exchange.vector.layers import ForeignLayer

_SOURCES = {
    "sites": ("sites", "enrollment"),
    "others": ("sites",),
    "blocks": ("blocks",),
    "roads": ("arterial",),
    "city": ("city", "jurisdictions"),
    "county": ("county", "jurisdictions"),
    "district": ("district",),
    "river": ("river",),
    "names": ("place",),
}
"""Which layers of the project each layer of the map is drawn from."""
_CREDITED = ("sites", "others", "roads", "city", "county", "district", "river", "blocks")
_AND = " and "
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
BASEMAP_LAYERS = ("roads", "ground")
"""What of the map's layers is drawn from the basemap."""
_BUNDLED = frozenset({"county", "district", "arterial"})


@dataclass(frozen=True, slots=True)
class LayerProvenance:
    """What a layer's card tells; empty where it is not known."""

    title: str
    publisher: str = ""
    vintage: str = ""
    rows: str = ""
    crs: str = ""
    terms: str = ""
    source: str = ""


def list_source_layers(project: Project) -> Mapping[str, Layer]:
    """Return where the project's layers come from.

    A project that was made before this was kept has the bundled layers.
    """
    if any(not layer.own for layer in project.layers.values()):
        return project.layers
    if not {feature.layer for feature in project.features} >= _BUNDLED:
        return project.layers
    return {**read_layer_sources(gis_data_dir(), project.crs), **project.layers}


def credit_source(project: Project, kind: str, publisher: str, file: str) -> Project:
    """Return a project whose rows of a kind are credited to who published their file.

    Where nobody is named, it is the project as it was.
    """
    layers = list_source_layers(project)
    known = layers.get(kind)
    named = known.publisher.split(",")[0].split(_AND) if known and known.publisher else []
    if not publisher or publisher in named:
        return project
    # rows of an earlier file stay beside those of this one
    layer = known or Layer(kind, kind.capitalize(), crs=project.crs)
    layer = replace(
        layer,
        publisher=_AND.join((*named, publisher)),
        source=", ".join(filter(None, (layer.source, file))),
    )
    return replace(project, layers={**layers, kind: layer})


def describe_layer_source(state: ProjectState, name: str, title: str) -> LayerProvenance:
    """Return the card of one of the map's layers, or of an own one by its id."""
    project = state.saved_project
    if name in ("zones", "edges"):
        plan = state.plan
        made = f"Computed here from “{plan.name}”" if plan else "Computed here; there is no plan"
        zones = len(plan.zones) if plan else 0
        return LayerProvenance(title, made, rows=format_count(zones, "zone"), crs=project.crs)
    if name == "pins":
        pins = len(state.plan.pins) if state.plan else 0
        return LayerProvenance(title, "Pinned here, kept in the plan", rows=f"{pins:,} notes")
    basemap = project.basemap
    if basemap is not None and name in BASEMAP_LAYERS:
        lines = name == "roads"
        count = sum(n for kind, n in basemap.counts.items() if (kind in STREET_KINDS) is lines)
        where = "kept in the project" if basemap.data else "kept on this desk"
        if not find_basemap(project):
            where = "not on this desk: import the file again"
        return LayerProvenance(
            title,
            basemap.credit or "Added on this desk",
            basemap.vintage,
            f"{count:,}",
            project.crs,
            where,
            basemap.source,
        )
    layers = list_source_layers(project)
    ids = _SOURCES.get(name, (name,))
    found = next((layers[key] for key in ids if key in layers), None)
    rows = f"{_count_rows(project, name, ids):,}"
    if found is None:
        return LayerProvenance(title, "Not recorded", rows=rows, crs=project.crs)
    return LayerProvenance(
        title,
        found.publisher or ("Added on this desk" if found.own else ""),
        found.vintage,
        rows,
        found.crs,
        found.terms,
        found.source,
    )


def _count_rows(project: Project, name: str, ids: Iterable[str]) -> int:
    if name == "sites":
        return len(project.patrolled)
    if name == "others":
        return len(project.sites) - len(project.patrolled)
    if name == "blocks":
        return len(project.blocks)
    return sum(feature.layer in ids for feature in project.features)


def format_credit_line(project: Project, shown: Iterable[str], tiles: str = "") -> str:
    """Return who made what is shown on the map, each with the years of it.

    ``shown`` are names of the map's layers; ``tiles`` is the attribution of web tiles, if any.
    """
    layers = list_source_layers(project)
    seen = frozenset(shown)
    years: dict[str, set[str]] = {}
    for name in _CREDITED:
        for key in _SOURCES[name] if name in seen else ():
            if key in layers and layers[key].publisher:
                publisher = layers[key].publisher.split(",")[0]
                found = _YEAR.findall(layers[key].vintage)
                years.setdefault(publisher, set()).update(found)
    basemap = project.basemap
    if basemap is not None and basemap.credit and not seen.isdisjoint(BASEMAP_LAYERS):
        years.setdefault(basemap.credit, set()).update(_YEAR.findall(basemap.vintage))
    added = [layer for layer in project.layers.values() if layer.own and layer.id in seen]
    for layer in added:
        if layer.publisher:
            years.setdefault(layer.publisher, set())
    own = [layer.title for layer in added if not layer.publisher]
    parts = [f"{publisher} {_format_years(found)}".strip() for publisher, found in years.items()]
    parts += [f"Own: {', '.join(own)}"] if own else []
    return " · ".join([*parts, *([tiles] if tiles else [])])


def _format_years(years: set[str]) -> str:
    if not years:
        return ""
    first, last = min(years), max(years)
    return first if first == last else f"{first}–{last}"


def list_layer_fields(project: Project, layer_id: str) -> tuple[str, ...]:
    """Return the names of an own layer's fields, in the order of the file."""
    names = (name for item in project.features if item.layer == layer_id for name in item.fields)
    return tuple(dict.fromkeys(names))


def find_name_field(project: Project, layer_id: str) -> str:
    """Return the field that names an own layer's features, empty where none does."""
    for item in project.features:
        if item.layer == layer_id and item.name:
            return next((key for key, value in item.fields.items() if value == item.name), "")
    return ""


@dataclass(frozen=True, slots=True)
class LayerRequest:
    """A layer file to read, and a person's answers to what it left open."""

    path: Path
    sublayer: str | None = None
    source_crs: str | None = None
    publisher: str = ""


def build_layer_reader(
    session: "Session", asked: LayerRequest
) -> Callable[[ProgressReport], "ForeignLayer"]:
    """Return what reads a layer file for the open project, in any thread; it changes nothing.

    Its errors are those of ``read_foreign_layer``.
    """
    keep_off, project = session.store.files, session.saved_project

    def read(report: ProgressReport) -> "ForeignLayer":
        from zoneplanner.exchange.vector.layers import read_foreign_layer

        return read_foreign_layer(
            asked.path,
            crs=project.crs,
            report=report,
            sublayer=asked.sublayer,
            source_crs=asked.source_crs,
            near=compute_project_extent(project),
            keep_off=keep_off,
        )

    return read


def add_layer_file(
    session: "Session", found: "ForeignLayer", layer_id: str, *, publisher: str = ""
) -> str:
    """Add what was read as one step of the history; return the report as a sentence.

    Raises
    ------
    UserError
        No row could be taken, or the project cannot be saved.
    """
    project = session.saved_project
    title = make_unique_title(project, found.title)
    if not found.features:
        raise UserError("nothing_to_show", source=found.source, rows=_describe_row_counts(found))
    layer = Layer(
        id=layer_id,
        title=title,
        publisher=publisher,
        vintage=f"Added on {session.today:%Y-%m-%d}",
        crs=f"{found.crs} in the file, {project.crs} here",
        source=found.source,
    )
    session.apply(f"Add layer “{title}”", lambda before: add_layer(before, layer, found.features))
    told = f"“{title}” is on the map: {_describe_row_counts(found)}."
    return f"{told} {found.warning}" if found.warning else told


def remove_own_layer(session: "Session", layer_id: str) -> None:
    """Take an own layer, or the basemap, off the project as one step of the history."""
    if layer_id in BASEMAP_LAYERS:
        set_project_basemap(session, None)
        return
    layer = session.saved_project.layers.get(layer_id)
    title = layer.title if layer else layer_id
    session.apply(f"Remove layer “{title}”", lambda before: remove_layer(before, layer_id))


def _describe_row_counts(found: "ForeignLayer") -> str:
    """Say how many rows were read, repaired and refused, and why the first one was."""
    words = [f"{found.read:,} {'row' if found.read == 1 else 'rows'} read"]
    if found.repaired:
        words.append(f"{len(found.repaired):,} repaired")
    if found.refused:
        first = found.refused[0]
        words.append(f"{len(found.refused):,} rejected: row {first.row} {first.reason}")
    return ", ".join(words)


def list_row_notes(found: "ForeignLayer", most: int = 20) -> dict[str, str]:
    """Return each repaired and refused row with its reason, as details to fold out."""
    told = [(note, "rejected") for note in found.refused] + [
        (note, "repaired") for note in found.repaired
    ]
    rows = {f"row {note.row}, {what}": note.explanation for note, what in told[:most]}
    return {**rows, "more": f"{len(told) - most:,} rows"} if len(told) > most else rows
