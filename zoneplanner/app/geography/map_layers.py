"""The map's layers: their sources and credits, and adding and removing a person's own layers."""

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
from zoneplanner.messages import Message, format_count

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
"""The layers of the project from which each layer of the map is drawn."""
_CREDITED = ("sites", "others", "roads", "city", "county", "district", "river", "blocks")
_AND = " and "
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
BASEMAP_LAYERS = ("roads", "ground")
"""The map's layers that are drawn from the basemap."""
_BUNDLED = frozenset({"county", "district", "arterial"})


@dataclass(frozen=True, slots=True)
class LayerProvenance:
    """The content of a layer's card; unknown facts are empty."""

    title: str
    publisher: str = ""
    vintage: str = ""
    rows: str = ""
    crs: str = ""
    terms: str = ""
    source: str = ""


def list_source_layers(project: Project) -> Mapping[str, Layer]:
    """Return the sources of the project's layers.

    A project from before sources were stored has the bundled layers.
    """
    if any(not layer.own for layer in project.layers.values()):
        return project.layers
    if not {feature.layer for feature in project.features} >= _BUNDLED:
        return project.layers
    return {**read_layer_sources(gis_data_dir(), project.crs), **project.layers}


def credit_source(project: Project, kind: str, publisher: str, file: str) -> Project:
    """Return a project that credits a publisher for its rows of a kind.

    Without a publisher, the project is unchanged.
    """
    layers = list_source_layers(project)
    layer = layers.get(kind) or Layer(kind, kind.capitalize(), crs=project.crs)
    credited = layer.publisher.split(",")[0].split(_AND) if layer.publisher else []
    if not publisher or publisher in credited:
        return project
    # rows of an earlier file may stay, so its publisher is still credited
    layer = replace(
        layer,
        publisher=_AND.join((*credited, publisher)),
        source=", ".join(filter(None, (layer.source, file))),
    )
    return replace(project, layers={**layers, kind: layer})


def describe_layer_source(state: ProjectState, name: str, title: str) -> LayerProvenance:
    """Return the card of one of the map's layers, or of a person's own layer by its id."""
    project = state.saved_project
    if name in ("zones", "edges"):
        plan = state.plan
        made = f"Computed here from “{plan.name}”" if plan else "Computed here; there is no plan"
        zones = len(plan.zones) if plan else 0
        return LayerProvenance(title, made, rows=format_count(zones, "zone"), crs=project.crs)
    if name == "pins":
        pins = len(state.plan.pins) if state.plan else 0
        return LayerProvenance(title, "Pinned here, stored in the plan", rows=f"{pins:,} notes")
    basemap = project.basemap
    if basemap is not None and name in BASEMAP_LAYERS:
        is_roads = name == "roads"
        count = sum(n for kind, n in basemap.counts.items() if (kind in STREET_KINDS) is is_roads)
        where = "stored in the project" if basemap.data else "stored on this desk"
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
    layer = next((layers[key] for key in ids if key in layers), None)
    rows = f"{_count_rows(project, name, ids):,}"
    if layer is None:
        return LayerProvenance(title, "Not recorded", rows=rows, crs=project.crs)
    publisher = layer.publisher or ("Added on this desk" if layer.own else "")
    return LayerProvenance(
        title, publisher, layer.vintage, rows, layer.crs, layer.terms, layer.source
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
    """Return the publishers of what is shown on the map, each with the years of the data.

    ``shown`` are names of the map's layers; ``tiles`` is the attribution of web tiles, if any.
    """
    layers = list_source_layers(project)
    shown = frozenset(shown)
    years: dict[str, set[str]] = {}
    for name in _CREDITED:
        for key in _SOURCES[name] if name in shown else ():
            if key in layers and layers[key].publisher:
                publisher = layers[key].publisher.split(",")[0]
                years.setdefault(publisher, set()).update(_YEAR.findall(layers[key].vintage))
    basemap = project.basemap
    if basemap is not None and basemap.credit and not shown.isdisjoint(BASEMAP_LAYERS):
        years.setdefault(basemap.credit, set()).update(_YEAR.findall(basemap.vintage))
    added = [layer for layer in project.layers.values() if layer.own and layer.id in shown]
    for layer in added:
        if layer.publisher:
            years.setdefault(layer.publisher, set())
    own = ", ".join(layer.title for layer in added if not layer.publisher)
    parts = [f"{publisher} {_format_years(each)}".strip() for publisher, each in years.items()]
    return " · ".join(filter(None, (*parts, f"Own: {own}" if own else "", tiles)))


def _format_years(years: set[str]) -> str:
    if not years:
        return ""
    first, last = min(years), max(years)
    return first if first == last else f"{first}–{last}"


def list_layer_fields(project: Project, layer_id: str) -> tuple[str, ...]:
    """Return the field names of a person's own layer, in the order of the file."""
    names = (name for item in project.features if item.layer == layer_id for name in item.fields)
    return tuple(dict.fromkeys(names))


def find_name_field(project: Project, layer_id: str) -> str:
    """Return the field that names an own layer's features, or an empty string."""
    for item in project.features:
        if item.layer == layer_id and item.name:
            return next((key for key, value in item.fields.items() if value == item.name), "")
    return ""


@dataclass(frozen=True, slots=True)
class LayerRequest:
    """A layer file to read, and a person's answers to the questions that it raised."""

    path: Path
    sublayer: str | None = None
    source_crs: str | None = None
    publisher: str = ""


def build_layer_reader(
    session: "Session", request: LayerRequest
) -> Callable[[ProgressReport], "ForeignLayer"]:
    """Return a function that reads a layer file for the open project, in any thread.

    For its errors see ``read_foreign_layer``.
    """
    protected, project = session.store.files, session.saved_project

    def read(report: ProgressReport) -> "ForeignLayer":
        from zoneplanner.exchange.vector.layers import read_foreign_layer

        return read_foreign_layer(
            request.path,
            crs=project.crs,
            report=report,
            sublayer=request.sublayer,
            source_crs=request.source_crs,
            near=compute_project_extent(project),
            protected=protected,
        )

    return read


def add_layer_file(
    session: "Session", foreign: "ForeignLayer", layer_id: str, *, publisher: str = ""
) -> tuple[Message, ...]:
    """Add a layer that was read, as one step; return messages about its rows and coordinates.

    Raises
    ------
    UserError
        No row could be imported, or the project cannot be saved.
    """
    project, counts = session.saved_project, _describe_row_counts(foreign)
    title = make_unique_title(project, foreign.title)
    if not foreign.features:
        raise UserError("nothing_to_show", source=foreign.source, rows=counts)
    layer = Layer(
        id=layer_id,
        title=title,
        publisher=publisher,
        vintage=f"Added on {session.today:%Y-%m-%d}",
        crs=f"{foreign.crs} in the file, {project.crs} here",
        source=foreign.source,
    )
    session.apply(f"Add layer “{title}”", lambda before: add_layer(before, layer, foreign.features))
    added = Message("layer_added", title=title, counts=counts)
    return (added, foreign.warning) if foreign.warning else (added,)


def remove_own_layer(session: "Session", layer_id: str) -> None:
    """Remove an own layer, or the basemap, as one step."""
    if layer_id in BASEMAP_LAYERS:
        set_project_basemap(session, None)
        return
    layer = session.saved_project.layers.get(layer_id)
    title = layer.title if layer else layer_id
    session.apply(f"Remove layer “{title}”", lambda before: remove_layer(before, layer_id))


def _describe_row_counts(foreign: "ForeignLayer") -> list[Message]:
    """Return how many rows were read, repaired and rejected, and why the first one was."""
    counts = [Message("layer_rows.read", n=foreign.read)]
    if foreign.repaired:
        counts.append(Message("layer_rows.repaired", n=len(foreign.repaired)))
    if foreign.refused:
        first, n = foreign.refused[0], len(foreign.refused)
        counts.append(Message("layer_rows.rejected", n=n, row=first.row, reason=first.remark))
    return counts


def list_row_notes(foreign: "ForeignLayer", most: int = 20) -> dict[str, str]:
    """Return rejected and repaired rows with their reasons, as details to expand."""
    notes = [(row, "rejected") for row in foreign.refused]
    notes += [(row, "repaired") for row in foreign.repaired]
    details = {f"row {row.row}, {outcome}": row.explain() for row, outcome in notes[:most]}
    if len(notes) > most:
        details["more"] = f"{len(notes) - most:,} rows"
    return details
