"""Log tables of other programs: mapped, previewed, with questions about ambiguous times."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import OpenSession, project_from, refused

from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.mapped_tables import read_mapped_table
from zoneplanner.app.imports.results import ImportResult
from zoneplanner.app.log.logbook import list_incidents, list_visits
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy
from zoneplanner.errors import UserError

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
    return import_file(session, wanted.path, wanted.kind, options=wanted, dry_run=dry_run)


def test_a_dispatch_export_is_recognized_by_its_headings(session: Session) -> None:
    done = bring(session, asked(session, CAD))
    assert (done.read, done.taken, done.elsewhere, done.refused) == (4, 3, 1, ())
    night, first, second = list_incidents(session)
    assert (first.uid, first.type, first.site, first.units) == ("C-1", "FIGHT", "r1c1", ("A",))
    assert first.received_at == datetime(2026, 11, 13, 16, 10, tzinfo=UTC)
    assert first.cleared_at == datetime(2026, 11, 13, 16, 40, tzinfo=UTC)
    assert second.enroute_at is None
    assert night.received_at == datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    assert [own.row for own in done.repaired] == [4]
    assert done.to_json()["mapping"] == "cad-call-history"
    assert done.ignored == ("caller",)


def test_ambiguous_times_are_read_as_chosen(session: Session) -> None:
    bring(session, asked(session, CAD, clock_changes=DoubtfulTimePolicy(twice="second")))
    assert list_incidents(session)[0].received_at == datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


def test_columns_are_matched_by_likeness_or_by_name(session: Session) -> None:
    text = "Location;Arrival Time;Gone;Callsign\nSchool r1c1;2026-11-13T08:00;2026-11-13T08:20;B\n"
    wanted = asked(session, text, "visits", columns={"departed_at": "gone"})
    found = read_mapped_table(wanted)
    assert found.mapping["arrived_at"] == ("arrival_time",)
    assert bring(session, wanted).to_json()["mapping"] == "likeness"
    (made,) = list_visits(session)
    assert (made.site, made.unit, made.status) == ("r1c1", "B", "completed")
    assert made.departed_at == datetime(2026, 11, 13, 16, 20, tzinfo=UTC)


def test_our_own_headings_need_no_mapping(session: Session) -> None:
    found = read_mapped_table(
        asked(session, "site,arrived_at,extra\nr1c1,2026-11-13T08:00,x\n", "visits")
    )
    assert (found.ours, found.ignored) == (True, ("extra",))


def test_a_column_named_by_hand_overrides_the_profile(session: Session) -> None:
    head, first, *_ = CAD.splitlines()
    text = f"{head},Whole\n{first},2026-11-12T09:00\n"
    bring(session, asked(session, text, columns={"received_at": "Whole"}))
    (made,) = list_incidents(session)
    assert made.received_at == datetime(2026, 11, 12, 17, 0, tzinfo=UTC)
    with pytest.raises(UserError) as error:  # not each row by itself
        bring(session, asked(session, text, columns={"call_number": "Whole"}))
    assert (error.value.code, error.value.details["text"]) == ("unknown_choice", "call_number")
    assert "uid" in error.value.details["known"]


def test_a_custom_profile_is_read_from_its_path(session: Session, tmp_path: Path) -> None:
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
    ("options", "code", "facts"),
    [
        ({"profile": "nothing like it"}, "unknown_profile", {"profile": "nothing like it"}),
        ({"columns": {"site": "place of call"}}, "no_such_column", {"column": "place of call"}),
        ({"layer": "calls"}, "option_not_for_kind.log", {}),
        ({"crs": "EPSG:4326"}, "option_not_for_kind.log", {}),
    ],
)
def test_invalid_choices_are_refused(
    session: Session, options: dict[str, object], code: str, facts: dict[str, str]
) -> None:
    with refused(code, **facts):
        bring(session, asked(session, CAD, **options))
    assert session.store.head().entries == 0


def test_only_the_chosen_rows_are_imported(session: Session) -> None:
    done = bring(session, asked(session, CAD, only={"Call Type": ["Fight"]}))
    assert (done.read, done.taken, done.to_json()["left_out"]) == (1, 1, 3)


def test_a_row_without_a_uid_gets_the_one_that_earlier_versions_gave_it(session: Session) -> None:
    text = "site,unit,arrived_at,departed_at,note\nr1c1,A,2026-11-13T08:00,2026-11-13T08:20,é\n"
    for kept in (1, 0):
        assert bring(session, asked(session, text, "visits")).taken == kept
    (visit,) = list_visits(session)
    assert visit.uid == "visit-3fbdf95cd46d3a22256cf2b8446f9fea"


def test_the_same_table_gives_the_same_chain_in_every_version(session: Session) -> None:
    text = (
        "uid,site,unit,purpose,status,arrived_at,departed_at\n"
        ",r1c1,A,teaching,,2026-11-02T08:00,2026-11-02T08:25\n"
        ",r1c2,,Counseling,on_site,2026-11-02 09:00:30,\n"
        "V-“3”,r1c1,B,,,2026-03-09T09:00:00-07:00,2026-03-09T17:30Z\n"
        ",r1c1,A,enforcement,missed,2026-10-31T23:59,\n"
    )
    bring(session, asked(session, text, "visits"))
    head = session.store.head()
    assert head == (4, "09d9ef565e4bd6382997459e14eef935b41d32be1238c0156f23647f1ec52041")
