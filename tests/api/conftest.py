"""A project of the bundled district with a plan and a few entries, for the Python API."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import zoneplanner as zp
from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects.open_project import create_project

AT = datetime(2026, 11, 20, 18, tzinfo=UTC)


@pytest.fixture(scope="session")
def district_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The created project; tests that write use a copy."""
    path = tmp_path_factory.mktemp("api") / "district.gpkg"
    session = create_project(path, clock=lambda: AT)
    declare_records(session, since={"visits": date(2026, 11, 10)})
    add_first_plan(session)
    sites = next(iter(session.saved_project.plans.values())).assignment
    for number, site in enumerate(list(sites)[:6]):
        times = {
            "arrived_at": f"2026-11-1{number} 10:00",
            "departed_at": f"2026-11-1{number} 10:25",
        }
        log_record(session, "visit", {"site": site, **times, "purpose": "teaching"})
    stamps = {"received_at": "2026-11-19 09:00", "dispatched_at": "2026-11-19 09:01"}
    stamps |= {"onscene_at": "2026-11-19 09:06", "cleared_at": "2026-11-19 09:30"}
    first, second = list(sites)[:2]
    log_record(session, "incident", {"site": first, "type": "fight", **stamps})
    log_record(session, "drill", {"site": second, "kind": "fire", "held_at": "2026-11-18 10:00"})
    session.close()
    return path


@pytest.fixture(scope="session")
def reader(district_file: Path) -> Iterator[zp.ZoneProject]:
    """The project, open read-only."""
    with zp.open(district_file) as district:
        yield district


@pytest.fixture(scope="session")
def proposal(reader: zp.ZoneProject) -> zp.ProposedZones:
    """Zones proposed for it."""
    return reader.propose(tolerance=0.12, seed=3, time_limit_s=2)


@pytest.fixture
def writer(district_file: Path, tmp_path: Path) -> Iterator[zp.ZoneProject]:
    """A copy of the project, open for writing."""
    copy = shutil.copy(district_file, tmp_path / "copy.gpkg")
    with zp.open(copy, write=True) as district:
        yield district


@pytest.fixture(scope="session")
def empty_district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zp.ZoneProject]:
    """A project without schools, open read-only."""
    path = tmp_path_factory.mktemp("empty") / "empty.gpkg"
    create_project(path, empty=True, clock=lambda: AT).close()
    with zp.open(path) as district:
        yield district
