"""Exports in the layouts of dispatch systems are imported whole and teach the true demand.

The exports are made from the published layouts alone, see ``cad_exports``.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from builders import create_store
from cad_exports import (
    CALLS_A_DAY,
    FIRST,
    LAST,
    Call,
    make_calls,
    write_icad,
    write_inform,
    write_new_world,
    write_sacramento,
    write_versaterm,
)

from zoneplanner import storage
from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.app.coverage.demand import find_log_demand
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.log.logbook import list_incidents
from zoneplanner.app.session.session import Session
from zoneplanner.domain.demand import DemandSource
from zoneplanner.domain.log.days_on_record import DaySpan
from zoneplanner.domain.project import Project
from zoneplanner.exchange.presets.bundled_district import build_bundled_project

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/Los_Angeles")


@cache
def district() -> Project:
    return build_bundled_project(uid="bundled")


@cache
def calls(seed: int) -> Sequence[Call]:
    sites = [site for site in district().sites.values() if site.has_position]
    lons, lats = to_lonlat(
        district().crs, [site.x_m for site in sites], [site.y_m for site in sites]
    )
    at = zip(lons.tolist(), lats.tolist(), strict=True)
    places = {site.id: place for site, place in zip(sites, at, strict=True)}
    return make_calls(district(), seed, places)


def to_feet(lon: float, lat: float) -> tuple[float, float]:
    from pyproj import Transformer

    x_ft, y_ft = Transformer.from_crs(4326, 2226, always_xy=True).transform(lon, lat)
    return float(x_ft), float(y_ft)


WRITERS: dict[str, Callable[[Sequence[Call], int], str]] = {
    "inform": write_inform,
    "new world": write_new_world,
    "icad": write_icad,
    "versaterm": write_versaterm,
    "sacramento": lambda own, seed: write_sacramento(own, seed, to_feet),
}
PROFILES = {
    "inform": "cad-inform",
    "new world": "cad-new-world",
    "icad": "cad-icad",
    "versaterm": "cad-versaterm",
    "sacramento": "cad-sacramento",
}
STAMPS = ("received", "dispatched", "enroute", "onscene", "cleared")
KNOWN_STAMPS = {"icad": STAMPS[:1], "versaterm": ("received", "onscene")}


@pytest.fixture(scope="module")
def empty_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("district") / "empty.gpkg"
    create_store(path, district(), actor="planner", at=NOW).close()
    return path


@pytest.fixture
def session(empty_project: Path, tmp_path: Path) -> Iterator[Session]:
    path = shutil.copy(empty_project, tmp_path / "district.gpkg")
    own = Session(storage.open(path), actor="planner", desk="desk 1", clock=lambda: NOW)
    yield own
    own.close()


def write(session: Session, layout: str) -> ImportOptions:
    seed = list(WRITERS).index(layout)
    path = session.store.path.with_name("export.csv")
    path.write_text(WRITERS[layout](calls(seed), seed), encoding="utf-8", newline="")
    return ImportOptions(path, "incidents")


@pytest.mark.parametrize("layout", WRITERS)
def test_an_export_is_imported_whole_and_its_demand_is_learned(
    layout: str, session: Session
) -> None:
    asked = write(session, layout)
    span = DaySpan(FIRST, LAST)
    done = import_file(session, asked.path, "incidents", options=asked, complete=span)
    truth = calls(list(WRITERS).index(layout))
    here = [call for call in truth if call.site]
    assert (done.refused, done.to_json()["mapping"]) == ((), PROFILES[layout])
    assert done.taken == len(here)
    assert done.elsewhere + done.taken + done.counts["joined"] + done.already == done.read
    found = {one.received_at: one for one in list_incidents(session)}
    for call in here:
        made = found[call.received.replace(tzinfo=ZONE).astimezone(UTC)]
        assert (made.site, made.type) == (call.site, call.kind)
        assert made.priority == (3 if layout == "sacramento" else call.priority)
        for name in KNOWN_STAMPS.get(layout, STAMPS):
            said = getattr(call, name)
            wanted = said and said.replace(tzinfo=ZONE).astimezone(UTC)
            assert getattr(made, f"{name}_at") == wanted, (call, name)
        if layout == "new world":
            assert set(made.units) == {unit for unit in call.units if unit in district().units}
    demand = find_log_demand(session)
    assert demand is not None and demand.source is DemandSource.IMPORT
    assert demand.low <= CALLS_A_DAY <= demand.high
    assert demand.calls_per_day == pytest.approx(len(here) / demand.school_days)
    assert demand.school_days == len(list(district().calendar.school_days(FIRST, LAST)))


@pytest.mark.long
@pytest.mark.parametrize("layout", WRITERS)
def test_an_export_is_imported_whole_by_column_guessing_and_only_once(
    layout: str, session: Session
) -> None:
    asked = replace(write(session, layout), profile="likeness")
    done = import_file(session, asked.path, "incidents", options=asked)
    here = [call for call in calls(list(WRITERS).index(layout)) if call.site]
    assert (done.refused, done.to_json()["mapping"]) == ((), "likeness")
    assert done.taken == len(here)
    again = import_file(session, asked.path, "incidents", options=asked)
    assert (again.taken, again.refused) == (0, ())
