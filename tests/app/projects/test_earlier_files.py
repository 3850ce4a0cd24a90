"""Days spanned by files of earlier versions are found at opening."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from zoneplanner.analysis.coverage.log_period import select_period
from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.days_on_record import VISIT_RECORDS, DaySpan

SAMPLES = Path(__file__).parents[2] / "storage" / "samples"
NOW = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)
FILE = DaySpan(date(2026, 11, 16), date(2026, 11, 16))
"""In the samples two visits of that day were recorded at one moment, after the fact."""


def count_days_on_record(session: Session) -> int:
    cut = select_period(
        session.store.log(), project=session.project, now=NOW, first=FILE.first, last=None
    )
    return int(cut.recorded.sum())


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("version", [3, 9])
def test_days_after_what_an_earlier_version_imported_are_not_on_record(
    version: int, read_only: bool, tmp_path: Path
) -> None:
    path = tmp_path / "district.gpkg"
    shutil.copy(SAMPLES / f"version_{version}.gpkg", path)
    for _ in range(2):  # the second time it is of the present version, where it may be written
        session = open_session(path, read_only=read_only, clock=lambda: NOW)
        assert session.project.records.kind(VISIT_RECORDS).files == (FILE,)
        assert count_days_on_record(session) == 1
        assert session.undoable_step is None
        steps = len(session.history)
        session.close()
    session = open_session(path, clock=lambda: NOW)
    assert len(session.history) == steps + read_only  # found and kept once
    site = next(iter(session.project.sites))
    log_record(session, "visit", {"site": site, "arrived_at": "2026-11-24T10:00"})
    assert count_days_on_record(session) == 1 + 4  # logged here: from there on
    session.close()


def test_declared_days_override_days_found_in_an_earlier_file(tmp_path: Path) -> None:
    path = tmp_path / "district.gpkg"
    shutil.copy(SAMPLES / "version_9.gpkg", path)
    session = open_session(path, clock=lambda: NOW)
    declare_records(session, since={VISIT_RECORDS: date(2026, 11, 20)})
    session.close()
    session = open_session(path, clock=lambda: NOW)
    assert count_days_on_record(session) == 8
    session.close()
