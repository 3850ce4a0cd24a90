"""Exported data is equal when imported again, for every format and every kind of row."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from

from zoneplanner.app.exports.file_export import EXPORT_FORMATS, export_file, list_format_layers
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.results import ImportResult
from zoneplanner.app.publishing.handout import HandoutRequest
from zoneplanner.app.publishing.publication import collect_edition, render_edition
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.map_edits import find_district_boundary
from zoneplanner.domain.geography.site import Block, Jurisdiction
from zoneplanner.domain.project import Project
from zoneplanner.exchange.row_results import SeveralLayers

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
MAPS = [kind for kind in EXPORT_FORMATS if list_format_layers(kind)]
BRIEF = ("geojson", "gpkg", "csv")
"""Formats whose blocks go out and in with every run; the others do in the long tests."""
AREAS = [
    pytest.param(
        kind, name, marks=[pytest.mark.long] if name == "blocks" and kind not in BRIEF else []
    )
    for kind in MAPS
    for name in ("jurisdictions", "blocks", "district")
    if name in list_format_layers(kind)
]
DRAWN = [kind for kind in MAPS if kind not in ("csv", "tsv", "xlsx")]
"""What carries the shapes of zones; tables carry their figures."""
SAME_M2 = 1.0

Opened = Callable[[Project], Session]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    sessions: list[Session] = []

    def session_of(project: Project) -> Session:
        path = tmp_path / f"{len(sessions)}.gpkg"
        store = create_store(path, project, actor="p", at=NOW)
        sessions.append(Session(store, actor="p", desk="d", clock=lambda: NOW))
        return sessions[-1]

    yield session_of
    for session in sessions:
        session.close()


def create_full_project() -> Project:
    """Return a small project with texts that file formats tend to break."""
    project = project_from("AAB / aab")
    note = "“Größe”, <b>=1+1</b>; 5 < 6"
    site = replace(project.sites["r1c1"], name="=Hill & Dale", note=note, charter=True)
    bare = replace(project.sites["r1c2"], enrollment=None, phone="", level="k8", patrolled=False)
    return replace(project, sites={**project.sites, site.id: site, bare.id: bare})


def create_bare_project() -> Project:
    """Return the same project without imported data."""
    none: dict[str, object] = {"sites": {}, "plans": {}, "blocks": {}, "jurisdictions": {}}
    return replace(create_full_project(), uid="bare", features=(), **none)  # type: ignore[arg-type]


def write_layer(session: Session, kind: str, name: str, folder: Path) -> Path:
    path = folder / f"{name}{EXPORT_FORMATS[kind].ending}"
    return next(
        own
        for own in export_file(session, kind, path, layers=[name]).files
        if own.suffix == path.suffix
    )


def bring(session: Session, path: Path, kind: str) -> ImportResult:
    return import_file(session, path, kind, options=ImportOptions(path, kind))


def list_attributes(area: Jurisdiction | Block) -> dict[str, object]:
    """Return everything about an area except its shape."""
    return {one.name: getattr(area, one.name) for one in fields(area) if one.name != "area"}


@pytest.mark.parametrize("kind", MAPS)
def test_sites(kind: str, opened: Opened, tmp_path: Path) -> None:
    session, other = opened(create_full_project()), opened(create_bare_project())
    path = write_layer(session, kind, "sites", tmp_path)
    again = bring(session, path, "sites")
    assert again.read_details["mapping"] == "program-sites"
    assert (again.taken, again.already, again.refused, again.repaired) == (0, 6, (), ())
    bring(other, path, "sites")
    for key, site in session.project.sites.items():
        there = other.project.sites[key]
        assert replace(there, x_m=site.x_m, y_m=site.y_m) == site
        assert there.position == pytest.approx(site.position, abs=0.002)


@pytest.mark.parametrize(("kind", "name"), AREAS)
def test_areas(kind: str, name: str, opened: Opened, tmp_path: Path) -> None:
    session, other = opened(create_full_project()), opened(create_bare_project())
    if name == "blocks":
        bring(other, write_layer(session, "geojson", "jurisdictions", tmp_path), "jurisdictions")
    path = write_layer(session, kind, name, tmp_path)
    what = "jurisdictions" if name == "district" else name
    again = bring(session, path, what)
    assert (again.taken, again.already, again.refused) == (0, len(again.rows), ())
    done = bring(other, path, what)
    assert (done.taken, done.refused) == (len(done.rows), ())
    here, there = session.project, other.project
    if name == "district":
        mine, theirs = find_district_boundary(here), find_district_boundary(there)
        assert mine is not None and theirs is not None
        assert mine.symmetric_difference(theirs).area < SAME_M2
        return
    own, found = getattr(here, name), getattr(there, name)
    assert sorted(found) == sorted(own)
    for key in own:
        assert list_attributes(found[key]) == list_attributes(own[key])
        assert found[key].area.symmetric_difference(own[key].area).area < SAME_M2


@pytest.mark.parametrize("kind", DRAWN)
def test_zones(kind: str, opened: Opened, tmp_path: Path) -> None:
    session = opened(create_full_project())
    path = write_layer(session, kind, "zones", tmp_path)
    assert import_file(session, path, "zones", name="again").taken == 4
    assert session.plan is not None
    given = {site: zone for site, zone in session.plan.assignment.items() if site != "r1c2"}
    assert dict(session.project.plan("again").assignment) == given


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx"])
def test_a_plan(kind: str, opened: Opened, tmp_path: Path) -> None:
    session = opened(create_full_project())
    path = write_layer(session, kind, "plan", tmp_path)
    if kind == "csv":
        assert path.read_text(encoding="utf-8-sig").startswith("site,site_name,zone")
    import_file(session, path, "plan", name="again")
    assert session.plan is not None
    assert session.project.plan("again").assignment == session.plan.assignment


@pytest.mark.parametrize("kind", ["gpkg", "kml", "kmz", "xlsx"])
def test_each_layer_of_a_multi_layer_file_can_be_chosen_and_imported(
    kind: str, opened: Opened, tmp_path: Path
) -> None:
    session = opened(create_full_project())
    path = export_file(session, kind, tmp_path / f"all{EXPORT_FORMATS[kind].ending}").files[0]
    with pytest.raises(SeveralLayers) as asked:
        bring(session, path, "sites")
    title = next(name for name in asked.value.names if name.casefold() == "sites")
    again = import_file(session, path, "sites", options=ImportOptions(path, "sites", layer=title))
    assert (again.already, again.refused) == (6, ())
    if kind == "xlsx":
        return
    title = next(name for name in asked.value.names if name.casefold().startswith("zones"))
    drawn = ImportOptions(path, "zones", layer=title)
    assert import_file(session, path, "zones", name="again", options=drawn).taken == 4


def test_zones_of_a_911_layer(opened: Opened, tmp_path: Path) -> None:
    session = opened(create_full_project())
    path = export_file(session, "nena", tmp_path / "police.gpkg").files[0]
    assert import_file(session, path, "zones", name="again").taken == 4
    assert session.plan is not None
    given = {site: zone for site, zone in session.plan.assignment.items() if site != "r1c2"}
    assert dict(session.project.plan("again").assignment) == given


def test_published_zones_can_be_imported_without_a_question(opened: Opened, tmp_path: Path) -> None:
    session = opened(create_full_project())
    content = collect_edition(session, HandoutRequest("public"))
    files = render_edition(content, only=("data",))
    for name, data in (
        ("zones.kml", files["data/zones.kml"]),
        ("all.kml", export_file(session, "kml", tmp_path / "x.kml").files[0].read_bytes()),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        done = import_file(session, path, "zones", name=f"Again from {name}")
        assert (done.read, done.taken, done.refused) == (4, 4, ())
        given = {key: zone for key, zone in content.plan.assignment.items() if key != "r1c2"}
        assert dict(session.project.plan(f"Again from {name}").assignment) == given
