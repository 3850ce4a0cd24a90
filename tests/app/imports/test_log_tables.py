"""Tables of the log as others write them: mapped, previewed, doubtful times asked about."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import OpenSession, project_from
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.log_tables import read_log_table
from zoneplanner.app.imports.map_features import ImportOptions
from zoneplanner.app.imports.results import ImportResult
from zoneplanner.app.imports.visit_table import VisitTableReader, compute_content_uid
from zoneplanner.app.log.logbook import list_incidents, list_visits
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy, LocalTimeParser
from zoneplanner.domain.log.entries import RECORD_KINDS, parse_entry
from zoneplanner.errors import UserError
from zoneplanner.storage.records import encode_json

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
CAD = """Call Number,Call Date,Time Received,Time Dispatched,Time Enroute,Time Arrived,\
Time Cleared,Call Type,Location Name,Primary Unit,Caller
C-1,11/13/2026,08:10:00,08:11:00,08:12:00,08:16:00,08:40:00,FIGHT,School r1c1,A,
C-2,11/13/2026,09:10:00,09:11:00,,,,TRESPASS,School r1c2,A,
C-3,11/01/2026,01:30:00,,,,,ALARM,School r1c1,A,
C-4,11/13/2026,10:00:00,,,,,ALARM,Elsewhere,A,
"""


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(project_from("AB"), now=NOW)


def asked(session: Session, text: str, kind: str = "incidents", **options: object) -> ImportOptions:
    path = session.store.path.with_name("export.csv")
    path.write_text(text, encoding="utf-8")
    return ImportOptions(path, kind, **options)  # type: ignore[arg-type]


def bring(session: Session, wanted: ImportOptions, *, dry_run: bool = False) -> ImportResult:
    return import_file(session, wanted.path, wanted.kind, asked=wanted, dry_run=dry_run)


def test_a_dispatch_export_is_known_by_its_headings(session: Session) -> None:
    done = bring(session, asked(session, CAD))
    assert (done.read, done.taken, len(done.refused)) == (4, 2, 2)
    first, second = list_incidents(session)
    assert (first.uid, first.type, first.site, first.units) == ("C-1", "FIGHT", "r1c1", ("A",))
    assert first.received_at == datetime(2026, 11, 13, 16, 10, tzinfo=UTC)
    assert first.cleared_at == datetime(2026, 11, 13, 16, 40, tzinfo=UTC)
    assert second.enroute_at is None
    assert done.data["mapping"] == "cad-call-history"
    assert done.ignored == ("caller",)
    reasons = {own.row: own.reason for own in done.refused}
    assert "comes twice" in reasons[4] and "no site “Elsewhere”" in reasons[5]
    assert done.notes[0].startswith("Rows that lie where the clocks change: 1.")


def test_doubtful_times_are_taken_once_they_are_told(session: Session) -> None:
    bring(session, asked(session, CAD))
    done = bring(session, asked(session, CAD, clock_changes=DoubtfulTimePolicy(twice="second")))
    assert (done.taken, done.already, len(done.refused), done.notes) == (1, 2, 1, ())
    assert {one.uid for one in list_incidents(session)} == {"C-1", "C-2", "C-3"}


def test_columns_are_told_by_likeness_or_by_name(session: Session) -> None:
    text = "Location;Arrival Time;Left;Callsign\nSchool r1c1;2026-11-13T08:00;2026-11-13T08:20;B\n"
    wanted = asked(session, text, "visits", columns={"departed_at": "left"})
    found = read_log_table(wanted)
    assert found.mapping["arrived_at"] == ("arrival_time",)
    (row,) = found.rows()
    assert row is not None and row.cells == {
        "site": "School r1c1",
        "arrived_at": "2026-11-13T08:00",
        "departed_at": "2026-11-13T08:20",
        "unit": "B",
    }
    assert bring(session, wanted).data["mapping"] == "likeness"
    (made,) = list_visits(session)
    assert (made.site, made.unit, made.status) == ("r1c1", "B", "completed")


def test_our_own_headings_need_no_mapping(session: Session) -> None:
    found = read_log_table(
        asked(session, "site,arrived_at,extra\nr1c1,2026-11-13T08:00,x\n", "visits")
    )
    assert (found.ours, found.ignored) == (True, ("extra",))


def test_a_column_named_by_hand_goes_before_what_a_profile_says_of_it(session: Session) -> None:
    head, first, *_ = CAD.splitlines()
    text = f"{head},Whole\n{first},2026-11-12T09:00\n"
    bring(session, asked(session, text, columns={"received_at": "Whole"}))
    (made,) = list_incidents(session)
    assert made.received_at == datetime(2026, 11, 12, 17, 0, tzinfo=UTC)


def test_a_persons_own_profile_is_read_from_its_path(session: Session, tmp_path: Path) -> None:
    profile = tmp_path / "ours.toml"
    profile.write_text(
        'title = "Ours"\nkind = "visits"\nsigns = []\ntimes = ["%d.%m.%Y %H:%M"]\n'
        '[columns]\nsite = ["Schule"]\narrived_at = ["Beginn"]\n'
        '[words.site]\n"dch" = "r1c2"\n[clocks]\ntwice = "first"\n'
    )
    text = "Schule,Beginn\nDCH,01.11.2026 01:30\n"
    done = bring(session, asked(session, text, "visits", profile=str(profile)))
    assert done.taken == 1
    (made,) = list_visits(session)
    assert (made.site, made.arrived_at) == ("r1c2", datetime(2026, 11, 1, 8, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"profile": "nothing like it"}, "There is no profile “nothing like it”"),
        ({"columns": {"site": "place of call"}}, "There is no column “place of call”"),
        ({"layer": "calls"}, "has no layers"),
        ({"crs": "EPSG:4326"}, "has no layers"),
    ],
)
def test_what_makes_no_sense_is_refused(
    session: Session, options: dict[str, object], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        bring(session, asked(session, CAD, **options))
    assert session.store.head().entries == 0


def test_only_the_rows_wanted_are_taken(session: Session) -> None:
    done = bring(session, asked(session, CAD, only={"Call Type": ["Fight"]}))
    assert (done.read, done.taken, done.data["left_out"]) == (1, 1, 3)


cells = st.fixed_dictionaries(
    {
        "site": st.just("r1c1"),
        "arrived_at": st.sampled_from(["2026-11-13T08:00", "2026-11-16T09:00"]),
    },
    optional={
        "unit": st.sampled_from(["A", "B"]),
        "departed_at": st.sampled_from(["2026-11-13T07:00", "2026-11-13T08:20"]),
        "purpose": st.sampled_from(["teaching", "Teaching", "mentoring", "nonsense"]),
        "status": st.sampled_from(["completed", "on_site", "scheduled", "On site"]),
        "note": st.text('aé"\\/\t😀', min_size=1, max_size=5).map(str.strip).filter(bool),
        "officer": st.sampled_from(["Officer A", "x" * 201]),
        "uid": st.just("v1"),
        "sample": st.just("yes"),
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(cells, min_size=1, max_size=6))
def test_the_short_way_makes_the_same_visits_as_the_long_one(
    session: Session, rows: list[dict[str, str]]
) -> None:
    project = session.project
    reader = VisitTableReader(project, LocalTimeParser(project.time_zone), NOW.timestamp(), str)
    columns = {name: [row.get(name, "") for row in rows] for name in RECORD_KINDS["visit"].columns}
    visits, places = reader.read(columns)
    for made, row in zip(visits.entries(), [rows[at] for at in places], strict=True):
        long = parse_entry("visit", row, time_zone=project.time_zone, now=NOW, uid="")
        for name in ("kind", "site", "unit", "occurred_at", "supersedes"):
            assert getattr(made, name) == getattr(long, name)
        at = long.occurred_at.isoformat()
        content = compute_content_uid("visit", long.site, long.unit, at, long.payload)
        assert made.uid == (long.uid or content)
        assert dict(made.payload) == dict(long.payload)
    assert visits.payload == [encode_json(dict(made.payload)) for made in visits.entries()]
