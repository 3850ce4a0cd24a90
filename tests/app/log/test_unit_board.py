"""Who is on duty now, from the roster, the calls, and states without a call."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import OpenSession, refused
from rosters import MONDAY, clock, officer, roster, shift

from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.log.dispatch import (
    LiveIncidents,
    find_busy_units,
    rank_units_for_call,
    suggest_unit,
)
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.log.unit_board import UnitBoard, UnitOnBoard, UnitState, map_units_out
from zoneplanner.app.roster.today import build_today
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main
from zoneplanner.domain.calendar.local_time import format_utc_iso, local_to_utc
from zoneplanner.domain.log.entries import read_incidents
from zoneplanner.domain.project import Project

ZONE = "America/Los_Angeles"


def at(text: str, day: date = MONDAY) -> datetime:
    """Return a local time of Monday."""
    return local_to_utc(day, clock(text.zfill(5)), ZONE)


@pytest.fixture
def project() -> Project:
    """A serves from 7:30, B is open from 7:30, c from noon."""
    one = roster(officer("A", "A"))
    shifts = (
        shift("a", "A", MONDAY, "07:30", "15:30", officer="A"),
        shift("b", "B", MONDAY, "07:30", "15:30"),
        shift("c", "c", MONDAY, "12:00", "15:30", officer="X"),
    )
    return replace(one, shifts={s.uid: s for s in shifts})


def read_rows(session: Session) -> dict[str, UnitOnBoard]:
    """Return the rows by unit."""
    return {row.unit: row for row in UnitBoard(session).read(LiveIncidents(session).incidents())}


def test_the_current_roster_decides_who_is_on_duty(
    project: Project, open_session: OpenSession
) -> None:
    early = read_rows(open_session(project, now=at("8:00")))
    assert {unit: row.state for unit, row in early.items()} == {
        "A": UnitState.AVAILABLE,
        "B": UnitState.OPEN,
    }
    assert (early["A"].officers, early["A"].since, early["A"].until) == (
        ("Officer A",),
        at("7:30"),
        at("15:30"),
    )
    assert "c" in read_rows(open_session(project, now=at("12:30")))
    assert read_rows(open_session(project, now=at("18:00"))) == {}


def test_without_a_roster_every_unit_is_on_duty(
    project: Project, open_session: OpenSession
) -> None:
    later = read_rows(open_session(project, now=at("8:00", MONDAY + timedelta(days=30))))
    assert set(later) == {"A", "B", "c"}
    assert all(row.on_duty and row.state is UnitState.AVAILABLE for row in later.values())


def test_a_unit_has_the_state_and_place_of_its_call(
    project: Project, open_session: OpenSession
) -> None:
    session = open_session(project, now=at("9:00"))
    reader, live = UnitBoard(session), LiveIncidents(session)
    assert reader.read(live.incidents())[0].incident == ""
    received = format_utc_iso(at("8:50"))
    log_record(
        session, "incident", {"uid": "i", "type": "fight", "site": "r1c1", "received_at": received}
    )
    for name, time, state in (
        ("dispatched", "8:51", UnitState.DISPATCHED),
        ("enroute", "8:52", UnitState.EN_ROUTE),
        ("onscene", "8:55", UnitState.ON_SCENE),
        ("cleared", "8:59", UnitState.AVAILABLE),
    ):
        log_stamp(
            session,
            {"incident": "i", "unit": "A", "name": name, "at": format_utc_iso(at(time))},
            live=live,
        )
        (row,) = (one for one in reader.read(live.incidents()) if one.unit == "A")
        assert (row.state, row.since) == (state, at(time))
        assert row.site == ("r1c1" if name != "cleared" else None)


def test_an_old_call_without_a_cleared_stamp_keeps_no_unit_busy(
    project: Project, open_session: OpenSession
) -> None:
    """Imported history has such calls when a row lacks its cleared stamp."""
    session = open_session(project, now=at("9:00"))

    def come(uid: str, received: datetime) -> None:
        names = ("received_at", "dispatched_at", "enroute_at", "onscene_at")
        times = dict.fromkeys(names, format_utc_iso(received))
        columns = {"uid": uid, "type": "fight", "site": "r1c1", "units": "A"}
        log_record(session, "incident", {**columns, **times})

    come("old", at("9:00", MONDAY - timedelta(days=60)))
    row = read_rows(session)["A"]
    assert (row.state, row.incident, row.site) == (UnitState.AVAILABLE, "", None)
    come("now", at("8:30"))
    assert read_rows(session)["A"].incident == "now"


def test_an_imported_call_of_today_keeps_no_unit_busy(
    project: Project, open_session: OpenSession
) -> None:
    """Imported rows without a cleared stamp are history until a unit stamps here."""
    session = open_session(project, now=at("9:30"))
    path = session.store.path.with_name("calls.csv")
    heads = ("uid", "site", "type", "received_at", "onscene_at", "units")
    rows = [heads, *((f"c{n}", "r1c1", "fight", f"{MONDAY}T07:0{n}", f"{MONDAY}T07:1{n}", "A")
                     for n in (1, 2))]  # fmt: skip
    path.write_text("\n".join(map(",".join, rows)) + "\n")
    import_file(session, path, "incidents")
    assert read_rows(session)["A"].state == UnitState.AVAILABLE
    assert not find_busy_units(read_incidents(session.store.entries()), at("9:30"))
    groups = build_today(session, None, MONDAY).groups
    assert "now" not in groups, "none of them goes on"
    assert [one.facts for one in groups["follow_ups"]] == [{"calls": ["c2", "c1"]}]
    stamp = {"incident": "c1", "unit": "B", "name": "dispatched_at"}
    log_stamp(session, {**stamp, "at": format_utc_iso(at("9:30"))})
    row = read_rows(session)["B"]
    assert (row.incident, row.state) == ("c1", UnitState.DISPATCHED)
    columns = {"uid": "late", "type": "alarm", "site": "r1c2", "units": "A"}
    log_record(session, "incident", {**columns, "received_at": f"{MONDAY}T08:45"})
    row = read_rows(session)["A"]
    assert row.incident == "late", "what a desk enters late is of the present"
    assert (row.state, row.since, row.site) == (UnitState.ASSIGNED, None, None), "nobody sent it"
    assert "A" in find_busy_units(read_incidents(session.store.entries()), at("9:30"))


def test_a_time_on_another_day_is_shown_with_its_date(
    project: Project, open_session: OpenSession, capsys: pytest.CaptureFixture[str]
) -> None:
    clocks = (datetime.now(ZoneInfo(name)).replace(microsecond=0) for name in (ZONE, "Asia/Tokyo"))
    now = next(one for one in clocks if one.hour < 23)  # 23 hours ago was another day then
    ago = now - timedelta(hours=23)
    district = replace(project, shifts={}, time_zone=str(now.tzinfo))
    session = open_session(district, now=now)
    for unit, since in (("A", ago), ("B", now)):
        columns = {"unit": unit, "status": "out of service", "at": format_utc_iso(since)}
        log_record(session, "unit_status", columns)
    session.close()
    assert main(["units", str(session.store.path)]) == 0
    first, second = (line for line in capsys.readouterr().out.splitlines() if "out of" in line)
    formats = district.formats
    assert formats.clock(now, seconds=True) in second and formats.day(now) not in second
    assert f"{formats.day(ago)} {formats.clock(ago, seconds=True)}" in first


def test_a_state_without_a_call_lasts_until_the_next_state_or_shift(
    project: Project, open_session: OpenSession
) -> None:
    session = open_session(project, now=at("9:00"))
    with refused("unknown_choice"):
        log_record(session, "unit_status", {"unit": "A", "status": "asleep"})
    with refused("unknown_unit"):
        log_record(session, "unit_status", {"unit": "Q", "status": "meal"})
    said = {"unit": "A", "status": "out of service", "at": format_utc_iso(at("7:00"))}
    log_record(session, "unit_status", said)
    assert read_rows(session)["A"].state is UnitState.AVAILABLE  # before this shift
    log_record(
        session, "unit_status", {**said, "status": "lunch", "at": format_utc_iso(at("8:40"))}
    )
    row = read_rows(session)["A"]
    assert (row.state, row.status, row.since) == (UnitState.OUT, "meal", at("8:40"))
    kept = log_record(
        session, "unit_status", {**said, "status": "available", "at": format_utc_iso(at("8:55"))}
    )
    row = read_rows(session)["A"]
    assert (row.state, row.since) == (UnitState.AVAILABLE, at("8:55"))
    log_record(session, "unit_status", {"void": kept.uid, "reason": "mistake"})
    assert read_rows(session)["A"].status == "meal"


def test_only_an_available_unit_on_duty_is_suggested(
    project: Project, open_session: OpenSession
) -> None:
    session = open_session(project, now=at("9:00"))

    def first() -> tuple[str, str]:
        rows = UnitBoard(session).read(LiveIncidents(session).incidents())
        out = map_units_out(rows, session.project)
        found = rank_units_for_call(session.state, "r1c3", (), session.clock(), out=out)
        proposed = suggest_unit(found)
        return (proposed.unit if proposed else ""), found[-1].out

    assert first() == ("A", "off duty")  # B's assignment is open, though the call is in its zone
    log_record(session, "unit_status", {"unit": "A", "status": "court"})
    assert first()[0] == ""


def test_a_planned_visit_is_the_next_stop_and_a_visit_in_progress_the_place(
    project: Project, open_session: OpenSession
) -> None:
    session = open_session(project, now=at("9:00"))
    for uid, site, time in (("p1", "r1c2", "11:00"), ("p2", "r2c1", "10:00")):
        moment = format_utc_iso(at(time))
        planned = {"uid": uid, "site": site, "unit": "A", "arrived_at": moment}
        log_record(session, "visit", {**planned, "status": "scheduled"})
    log_record(
        session,
        "visit",
        {"site": "r1c1", "unit": "A", "arrived_at": format_utc_iso(at("8:58"))},
    )
    row = read_rows(session)["A"]
    assert (row.site, row.next_site, row.next_at) == ("r1c1", "r2c1", at("10:00"))


def test_a_late_entry_does_not_take_a_unit_from_its_current_call(
    project: Project, open_session: OpenSession
) -> None:
    session = open_session(project, now=at("8:18"))
    received = {"site": "r1c1", "received_at": format_utc_iso(at("8:16"))}
    asthma = log_record(session, "incident", {**received, "type": "medical"})
    log_stamp(session, {"incident": asthma.uid, "unit": "A", "name": "dispatched"})
    late = {"site": "r1c2", "type": "theft", "received_at": format_utc_iso(at("8:10"))}
    log_record(session, "incident", {**late, "units": "A"})
    row = read_rows(session)["A"]
    assert (row.state, row.incident) == (UnitState.DISPATCHED, asthma.uid)
    open_calls = LiveIncidents(session).incidents()
    assert find_busy_units(open_calls, session.clock())["A"].uid == asthma.uid
