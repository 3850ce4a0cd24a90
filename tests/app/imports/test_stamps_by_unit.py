"""Stamps of each unit on a call stay separate: lead, hours and row order."""

import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

import pytest
from builders import OpenSession, project_from
from sentences import find_message

from zoneplanner.analysis.coverage.chart_series import compute_coverage_series
from zoneplanner.analysis.coverage.log_period import select_period
from zoneplanner.app.coverage.observed_coverage import compute_observed_coverage
from zoneplanner.app.coverage.period_plans import judge_against_plan
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.results import ImportResult
from zoneplanner.app.log.corrections import log_record_from_columns
from zoneplanner.app.log.logbook import list_incidents, log_record
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.session.session import Session
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
HEAD = "Call Number,Call Type,Location Name,Unit,Received,Dispatched,En Route,Arrived,Cleared"
DAY = date(2026, 10, 13)


def create_rows(minute: int, number: str = "{:03}") -> list[str]:
    """Return two rows of a call: the zone's unit arrives late, another at once."""
    day = f"10/{13 + minute // 60}/2026"
    clock = [f"{day} 10:{at:02}" for at in range(60)] + [f"{day} 11:{at:02}" for at in range(60)]
    call = f"{number.format(minute)},FIGHT,School r1c1"
    own, other = minute + 20, minute + 5
    times = clock[minute : minute + 3]
    return [
        ",".join((call, "A", *times, clock[own], clock[own + 2])),
        ",".join((call, "B", *times, clock[other], clock[other + 30])),
    ]


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(project_from("AB"), now=NOW)


def bring(
    session: Session, rows: list[str], hours: Sequence[str] = (), **more: Any
) -> ImportResult:
    path = session.store.path.with_name("calls.csv")
    path.write_text("\n".join([HEAD, *(row.format(*hours) for row in rows)]) + "\n")
    return import_file(session, path, "incidents", options=ImportOptions(path, "incidents", **more))


def read_figures(session: Session) -> dict[str, float | None]:
    (whole,) = compute_observed_coverage(session, by="all", first=DAY, last=DAY)
    names = ("out_of_zone_share", "response_p50_min", "consumed_h")
    return {name: whole.figures[name].value for name in names}


@pytest.mark.parametrize("turn", [list, lambda rows: rows[::-1]])
def test_the_first_unit_on_scene_leads_whatever_the_row_order(
    turn: Callable[[list[str]], list[str]], session: Session
) -> None:
    rows = turn([row for minute in range(12) for row in create_rows(minute)])
    done = bring(session, rows)
    assert (done.taken, done.counts["joined"], done.refused) == (12, 12, ())
    found = list_incidents(session)
    assert {one.lead_unit for one in found} == {"B"}
    hours = 12 * (20 + 33) / 60
    assert read_figures(session) == pytest.approx(
        {"out_of_zone_share": 1.0, "response_p50_min": 5.0, "consumed_h": hours}
    )
    by_unit = {
        row.key: (row.figures["response_p50_min"].n, row.figures["consumed_h"].value)
        for row in compute_observed_coverage(session, by="unit", first=DAY, last=DAY)
    }
    assert by_unit["B"] == (12, pytest.approx(12 * 33 / 60))
    assert by_unit["A"] == (0, pytest.approx(12 * 20 / 60))


def test_medians_of_a_unit_use_its_own_stamps(session: Session) -> None:
    """B is first on scene although A was sent before it and stays longer."""
    rows = []
    for at in range(12):
        for unit, minutes in (("A", (0, 1, 2, 20, 40)), ("B", (0, 3, 4, 8, 30))):
            times = ",".join(f"10/13/2026 10:{at + minute:02}" for minute in minutes)
            rows.append(f"{at},FIGHT,School r1c1,{unit},{times}")
    bring(session, rows)
    parts = ("queue_p50_min", "turnout_p50_min", "travel_p50_min", "scene_p50_min")

    def read_medians(by: str) -> dict[str, list[tuple[float | None, int]]]:
        found = compute_observed_coverage(session, by=by, first=DAY, last=DAY)
        return {
            row.key: [(row.figures[name].value, row.figures[name].n) for name in parts]
            for row in found
        }

    own = [(3.0, 12), (1.0, 12), (4.0, 12), (22.0, 12)]
    assert read_medians("unit") == {"A": [(None, 0)] * 4, "B": own}
    assert read_medians("officer") == {"": own}
    assert read_medians("all") == {"all": [(1.0, 12), (1.0, 12), (6.0, 12), (32.0, 12)]}


def test_a_unit_without_a_cleared_stamp_has_no_hours_from_another_unit(session: Session) -> None:
    rows = [row for minute in range(12) for row in create_rows(minute)]
    bring(session, [f"{row.rsplit(',', 1)[0]}," if ",A," in row else row for row in rows])
    (whole,) = compute_observed_coverage(session, by="all", first=DAY, last=DAY)
    hours = whole.figures["consumed_h"]
    assert (hours.value, hours.n) == (pytest.approx(12 * 33 / 60), 12)
    by_unit = {
        row.key: (row.figures["consumed_h"].value, row.figures["consumed_h"].n)
        for row in compute_observed_coverage(session, by="unit", first=DAY, last=DAY)
    }
    assert by_unit == {"A": (None, 0), "B": (pytest.approx(12 * 33 / 60), 12)}


def test_a_later_cleared_stamp_of_one_unit_completes_a_known_call(
    session: Session,
) -> None:
    own, other = create_rows(0)
    running = other.rsplit(",", 1)[0] + ","
    assert bring(session, [own, running]).taken == 1
    before = len(list(session.store.entries()))
    again = bring(session, [own, running])
    assert (again.taken, again.already) == (0, 1)
    assert len(list(session.store.entries())) == before
    later = bring(session, [own, other])
    assert later.counts["changed"] == 1
    (call,) = list_incidents(session)
    ends = {one.unit: one.cleared_at for one in call.by_unit}
    assert ends["B"] == datetime(2026, 10, 13, 17, 35, tzinfo=UTC)
    assert ends["A"] == datetime(2026, 10, 13, 17, 22, tzinfo=UTC)
    assert [one["column"] for one in later.to_json()["corrected"]] == ["cleared_at"]
    longer = bring(session, [own, other.replace("10:35", "10:50")])
    changed = {one["column"]: one["after"] for one in longer.to_json()["corrected"]}
    assert set(changed) == {"cleared_at", "B cleared_at"}
    assert set(changed.values()) == {"2026-10-13T17:50:00+00:00"}
    corrected = find_message(longer.notes, "corrected_by_file").facts
    assert any(each.facts["change"].facts["column"] == "B cleared" for each in corrected["changes"])
    other = other.replace("10:35", "10:50")
    otherwise = bring(session, [own.replace("10:20", "10:21"), other])
    assert (otherwise.counts["changed"], otherwise.refused) == (0, ())
    stays = otherwise.rows[0].remark
    assert (stays.template, stays.facts["time"]) == ("row_reason.time_stays", "A on scene")
    assert find_message(otherwise.notes, "unit_times_stay").facts["times"] == ("000 A on scene",)


def test_an_arrival_counts_if_another_unit_went_en_route_later(session: Session) -> None:
    """Three of ours; another agency first; nothing is filled in of a unit that lacks a stamp."""
    done = bring(
        session,
        [
            "1,FIGHT,School r1c1,A,{0}:00,{0}:01,,{0}:04,{0}:30",
            "1,FIGHT,School r1c1,B,{0}:00,{0}:02,{0}:05,{0}:12,{0}:40",
            "1,FIGHT,School r1c1,CHP2,{0}:00,{0}:02,{0}:06,{0}:13,{0}:40",
            "2,FIGHT,School r1c2,CHP2,{1}:00,{1}:01,,{1}:03,{1}:30",
            "2,FIGHT,School r1c2,B,{1}:00,{1}:02,{1}:05,{1}:12,{1}:40",
            "3,FIGHT,School r1c1,A,{2}:00,{2}:01,,{2}:14,{2}:30",
            "3,FIGHT,School r1c1,B,{2}:00,{2}:02,{2}:05,{2}:12,{2}:40",
        ],
        hours=("10/13/2026 10", "10/13/2026 11", "10/13/2026 12"),
    )
    assert (done.taken, done.counts["joined"]) == (3, 4)
    calls = list_incidents(session)
    seen = [
        (one.lead_unit, one.enroute_at, one.onscene_at and one.onscene_at.minute) for one in calls
    ]
    late = datetime(2026, 10, 13, 19, 5, tzinfo=UTC)
    assert seen == [("A", None, 4), (None, None, 3), ("B", late, 12)]
    asked = "SELECT incident, unit, substr(enroute_at, 12, 5) FROM incident_units ORDER BY 1, 2"
    with closing(sqlite3.connect(session.store.path)) as file:
        units = file.execute(asked).fetchall()
    assert units == [
        *(("1", "A", None), ("1", "B", "17:05")),
        ("2", "B", "18:05"),
        *(("3", "A", None), ("3", "B", "19:05")),
    ]
    view = "SELECT uid, substr(enroute_at, 12, 5) FROM incidents ORDER BY 1"
    with closing(sqlite3.connect(session.store.path)) as file:
        assert file.execute(view).fetchall() == [("1", None), ("2", None), ("3", "19:05")]


def test_a_corrected_call_time_corrects_the_unit_that_stamped_it(session: Session) -> None:
    """B came at 10:05, in truth at 10:25, in truth never; A came at 10:20, in truth never."""
    bring(session, create_rows(0))

    def correct(**columns: str) -> tuple[str | None, list[str], list[str]]:
        log_record_from_columns(session, "incident", {"supersedes": "000", **columns})
        (call,) = list_incidents(session)
        scene, clear = (
            [f"{at:%M}" for at in (getattr(one, name) for one in (call, *call.by_unit)) if at]
            for name in ("onscene_at", "cleared_at")
        )
        return call.lead_unit, scene, clear

    late = {"onscene_at": "2026-10-13 10:25", "cleared_at": "2026-10-13 10:50"}
    assert correct(**late) == ("A", ["20", "20", "25"], ["50", "22", "50"])
    assert correct(onscene_at="") == ("B", ["25", "25"], ["50", "22", "50"])
    assert correct(onscene_at="", disposition="CANC")[1] == []
    log_record_from_columns(session, "incident", {"void": "000", "reason": "canceled"})
    assert list_incidents(session) == ()
    with pytest.raises(UserError) as caught:
        bring(session, [one.replace("FIGHT", "FIRE") for one in create_rows(0)])
    voided = Message("entry_exists_otherwise.voided", uid="000", kind="incident")
    assert (caught.value.code, caught.value.details["reason"]) == ("no_row_imported", voided)
    assert "incident supersedes=000" in str(voided)
    assert correct(type="FIRE")[1] == []  # a correction after a void brings the call back
    taken = {"incident": "000", "unit": "A", "name": "cleared", "at": "2026-10-13 10:23"}
    with pytest.raises(UserError) as error:
        log_stamp(session, taken)
    assert error.value.code == "incident_closed"
    log_stamp(session, {**taken, "supersedes": error.value.details["uid"]})
    assert list_incidents(session)[0].by_unit[0].cleared_at == datetime(
        2026, 10, 13, 17, 23, tzinfo=UTC
    )


def test_a_duplicate_row_adds_no_unit(session: Session) -> None:
    own, other = create_rows(0)
    done = bring(session, [own, own, other])
    assert (done.taken, done.counts["joined"], done.already) == (1, 1, 1)


def test_rows_without_a_number_merge_by_place_kind_and_minute(session: Session) -> None:
    rows = [row for minute in range(3) for row in create_rows(minute, number="")]
    done = bring(session, rows)
    assert (done.taken, done.counts["joined"]) == (3, 3)
    assert Message("rows_read.without_number", n=3) in done.notes
    assert {one.lead_unit for one in list_incidents(session)} == {"B"}
    again = bring(session, rows)
    assert (again.taken, again.already) == (0, 3)


def test_the_first_unit_on_scene_leads_for_live_stamps_too(session: Session) -> None:
    when = {"received_at": "2026-11-16T07:00", "type": "fight", "site": "r1c1"}
    call = log_record(session, "incident", when)
    for unit, name, at in (
        ("A", "dispatched", "07:01"),
        ("B", "dispatched", "07:02"),
        ("B", "onscene", "07:05"),
        ("A", "onscene", "07:20"),
    ):
        stamp = {"incident": call.uid, "unit": unit, "name": name, "at": f"2026-11-16T{at}"}
        log_stamp(session, stamp)
    (found,) = list_incidents(session)
    assert (found.units[0], found.lead_unit) == ("A", "B")
    log = session.store.log()
    assert log.names[log.calls["unit"][0]] == "B"


def test_stamps_of_other_agencies_never_count_as_ours(session: Session) -> None:
    """CHP alone; A sent but never there; A first, CHP sent before; A with CHP in one cell."""
    calls = [
        ["1,FIGHT,School r1c1,CHP22,{0}:00,{0}:01,{0}:02,{0}:06,{0}:30"],
        [
            "2,FIGHT,School r1c1,A,{0}:00,{0}:01,,,",
            "2,FIGHT,School r1c1,CHP22,{0}:00,{0}:03,{0}:04,{0}:08,{0}:40",
        ],
        [
            "3,FIGHT,School r1c1,CHP22,{0}:00,{0}:01,{0}:02,{0}:20,{0}:50",
            "3,FIGHT,School r1c1,A,{0}:00,{0}:05,{0}:06,{0}:10,{0}:36",
        ],
        ["4,FIGHT,School r1c1,A;CHP22,{0}:00,{0}:01,{0}:02,{0}:06,{0}:30"],
    ]
    rows = [
        re.sub(r":(\d\d)", lambda clock: f":{int(clock[1]) + number:02}", row)  # noqa: B023
        .format(f"10/13/2026 {8 + at}")
        .replace(f"{number},", f"{number}-{at},", 1)
        for at in range(10)
        for number, own in enumerate(calls, start=1)
        for row in own
    ]
    done = bring(session, rows)
    assert (done.taken, done.counts["joined"]) == (40, 20)
    found = {one.uid: one for one in list_incidents(session)}
    assert [found[f"{n}-0"].lead_unit for n in range(1, 5)] == [None, None, "A", None]
    assert {one.other_units for one in found.values()} == {("CHP22",)}
    assert read_figures(session)["consumed_h"] == pytest.approx(10 * 30 / 60)
    rows_by = {
        by: {one.key: one.figures for one in compute_observed_coverage(session, by=by, first=DAY)}
        for by in ("unit", "officer", "type")
    }
    own = rows_by["unit"]["A"]
    assert (own["response_p50_min"].value, own["response_p50_min"].n) == (10.0, 10)
    assert own["queue_p50_min"].n == own["travel_p50_min"].n == 0
    for rows_of_them in rows_by.values():
        hours = [one["consumed_h"].value or 0.0 for one in rows_of_them.values()]
        assert sum(hours) == pytest.approx(10 * 30 / 60)
    log, project = session.store.log(), session.saved_project
    series = compute_coverage_series(
        select_period(log, project=project, now=NOW, first=DAY, last=DAY)
    )
    assert (len(series.response_min), len(series.dispatch_min), series.of_others) == (40, 0, 40)
    judged = judge_against_plan(log, session.state, series, target_min=8)
    assert Message("calls_of_others", n=40) in judged[0].messages
    assert bring(session, rows).already == 40
    ours = {"units": {"CHP22": "B"}}
    again = bring(session, rows, words=ours)
    assert (again.counts["changed"], again.refused) == (40, ())
    found = {one.uid: one for one in list_incidents(session)}
    assert {one.other_units for one in found.values()} == {()}
    assert [found[f"{n}-0"].lead_unit for n in range(1, 5)] == ["B", "B", "A", "A"]


@pytest.mark.parametrize("cell", ["A, B", "A,CHP22, B", "A B CHP22", "A & B", "A / CHP22 B"])
def test_units_in_one_cell_are_read_with_any_separator(cell: str, session: Session) -> None:
    times = "10/13/2026 10:00,10/13/2026 10:02,10/13/2026 10:03,10/13/2026 10:09,"
    bring(session, [f'1,FIGHT,School r1c1,"{cell}",{times}10/13/2026 10:30'])
    (call,) = list_incidents(session)
    assert call.units == ("A", "B")
    assert call.other_units == (("CHP22",) if "CHP22" in cell else ())
