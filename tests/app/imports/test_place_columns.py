"""Places of calls: profile columns and others, split addresses, cities and shared places."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from builders import OpenSession, project_from, refused
from sentences import find_message
from shapely import box

from zoneplanner.app.coverage.demand import (
    declare_records,
    find_log_demand,
    list_silent_jurisdictions,
    use_demand,
)
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.results import ImportResult
from zoneplanner.app.log.logbook import list_incidents, log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.geography.site import Jurisdiction
from zoneplanner.domain.geography.site_finder import add_site_alias
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS, DaySpan
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
SPAN = DaySpan(date(2026, 10, 12), date(2026, 10, 30))


def district() -> Project:
    """Return three schools: one with a usual name, two at one address."""
    term = DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18))
    project = replace(project_from("ABA"), calendar=SchoolCalendar((term,), ()))
    first, second, third = project.sites.values()
    project = project.with_site(
        replace(first, name="Rio Americano High", street="4540 American River Drive")
    )
    both = {"street": "4848 Cottage Way", "city": "Carmichael"}
    project = project.with_site(replace(second, name="Starr King K-8", enrollment=900, **both))
    return project.with_site(replace(third, name="Ralph Richardson Center", **both))


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(district(), now=NOW)


def bring(session: Session, head: str, rows: Sequence[str], **more: object) -> ImportResult:
    path = session.store.path.with_name("calls.csv")
    path.write_text("\n".join([head, *rows]) + "\n")
    wanted = ImportOptions(path, "incidents", **more)  # type: ignore[arg-type]
    return import_file(session, path, "incidents", options=wanted)


def test_an_address_in_separate_columns_is_read(session: Session) -> None:
    head = "NUM_1,TYP_ENG,ESTNUM,EFEANME,EFEATYP,UNID,AD_TS,DS_TS,EN_TS,AR_TS,CL_TS"
    stamps = ",".join(f"202610131013{at:02}PD" for at in range(5))
    done = bring(session, head, [f"1,FIGHT,4540,AMERICAN RIVER,DR,A,{stamps}"])
    assert (done.taken, done.elsewhere) == (1, 0)
    (call,) = list_incidents(session)
    assert (call.site, call.units) == ("r1c1", ("A",))
    assert all((call.dispatched_at, call.enroute_at, call.onscene_at, call.cleared_at))


def test_calls_without_a_place_are_rejected(session: Session) -> None:
    with refused("no_place_column"):
        bring(
            session, "Call Number,Call Type,Received,City", ["1,FIGHT,10/13/2026 10:00,Fair Oaks"]
        )
    assert list_incidents(session) == ()


def test_columns_missing_from_a_profile_are_matched_by_likeness(session: Session) -> None:
    head = (
        "IncidentNumber,IncidentTypeDescription,CurrentPriorityKey,IncidentDate,IncidentTime,UnitID,"
        "DispatchTime,EnrouteTime,OnSceneTime,ClearTime,Location"
    )
    row = "1,FIGHT,2,10/13/2026,10:00:00,A,10:01:00,10:02:00,10:05:00,10:40:00,RIO AMERICANO HS"
    done = bring(session, head, [row])
    assert (done.taken, done.to_json()["mapping"]) == (1, "cad-premierone")
    (call,) = list_incidents(session)
    assert call.received_at == datetime(2026, 10, 13, 17, 0, tzinfo=UTC)
    assert call.cleared_at == datetime(2026, 10, 13, 17, 40, tzinfo=UTC)
    assert call.units == ("A",)


def test_rows_by_unit_from_inform_are_read_whole(session: Session) -> None:
    head = (
        "Master_Incident_Number,Response_Date,Problem,Address,Radio_Name,Time_PhonePickUp,"
        "Time_Assigned,Time_Enroute,Time_ArrivedAtScene,Time_Call_Cleared"
    )
    times = ",".join(f"2026-10-13 10:{at:02}:00.000" for at in (0, 1, 2, 5, 40))
    done = bring(session, head, [f"1,2026-10-13,FIGHT,4540 AMERICAN RIVER DR,B,{times}"])
    (call,) = list_incidents(session)
    assert (call.units, call.onscene_at is not None, done.ignored[1:]) == (("B",), True, ())


def test_missing_columns_that_figures_need_are_reported_first(session: Session) -> None:
    head = "Call Number,Call Type,Location,Received"
    done = bring(session, head, ["1,FIGHT,RIO AMERICANO HS,10/13/2026 10:00"])
    missing = "dispatched, en route, on scene, cleared, units"
    assert done.notes[0] == Message("columns_missing", columns=missing)


@pytest.mark.parametrize(
    ("place", "city", "taken"),
    [
        ("4540 AMERICAN RIVER DR", "FAIR OAKS", 1),
        ("4540 AMERICAN RIVER DR", "FOAKS", 1),  # some of its letters
        ("4540 AMERICAN RIVER DR", "FO", 1),  # a code
        ("4540 AMERICAN RIVER DR", "MODESTO", 0),
        ("4540 AMERICAN RIVER DR, MODESTO", "", 0),
        ("4540 AMERICAN RIVER DR, FAIR OAKS", "", 1),
        ('"RIO AMERICANO HS, 100 MAIN ST, FOLSOM"', "", 0),
        ('"RIO AMERICANO HS, PARKING LOT"', "", 1),
        ("RIO AMERICANO HS 100 MAIN ST FOLSOM", "", 0),
        ("RIO AMERICANO HS 4540 AMERICAN RIVER DR GYM", "", 1),
        ('"RIO AMERICANO HS, 4500 AMERICAN RIVER"', "", 1),
        ('"RIO AMERICANO HS, 100 MAIN ST"', "", 0),  # another school's address
        ('"RIO AMERICANO HS, 100 MAIN ST"', "FAIR OAKS", 0),
        ("RIO AMERICANO HS 4490 AMERCAN RIVR DR", "", 1),  # mistyped
        ("RIO AMERICANO HS / WATT AVE", "", 1),
        ("RIO AMERICANO HS ROOM 12 DRIVE BY", "", 1),
    ],
)
def test_a_place_of_the_same_name_in_another_city_is_elsewhere(
    place: str, city: str, taken: int, session: Session
) -> None:
    place = place if place.startswith('"') else f'"{place}"'
    head = "Call Number,Call Type,Location,City,Received"
    others = [f"{n},FIGHT,RIO AMERICANO HS,FAIR OAKS,10/14/2026 10:0{n}" for n in range(2, 9)]
    done = bring(session, head, [f"1,FIGHT,{place},{city},10/13/2026 10:00", *others])
    assert (done.taken, done.elsewhere) == (7 + taken, 1 - taken)


def test_an_address_alias_identifies_a_school_under_any_spelling_of_its_name(
    session: Session,
) -> None:
    head = "Call Number,Call Type,Location,Street Address,Received"
    names = ("RIO AMERICANO HS", "RIO AMERICANO HIGH SCHOOL")
    rows = [f"{n},FIGHT,{name},100 MAIN ST,10/13/2026 1{n}:00" for n, name in enumerate(names)]
    done = bring(session, head, rows)
    assert (done.taken, [own.place for own in done.places]) == (
        0,
        [f"{name}, 100 MAIN ST" for name in names],
    )
    assert bring(session, head, rows, aliases={"100 Main St": "r1c1"}).taken == 2


PLACES = ("RIO AMERICANO HS", "STARR KING K8", "RALPH RICHARDSON CENTER")


def test_a_city_name_that_dispatch_uses_for_several_schools_is_accepted(
    session: Session,
) -> None:
    head = "Call Number,Call Type,Location,City,Received"
    rows = [f"{n},FIGHT,{place},SACRAMENTO,10/14/2026 10:0{n}" for n, place in enumerate(PLACES)]
    assert bring(session, head, rows).taken == 3


@pytest.mark.parametrize("city", ["FOLSOM", "CITY OF FOLSOM", "FAIR PLAY"])
def test_a_school_name_in_another_city_is_asked_about_until_it_is_an_alias(
    city: str, session: Session
) -> None:
    district = session.project
    folsom = Jurisdiction("folsom", "City of Folsom", "city", box(9e5, 9e5, 9.1e5, 9.1e5))
    session.apply(
        "Neighbor",
        lambda own: replace(own, jurisdictions={**own.jurisdictions, "folsom": folsom}),
    )
    assert district.sites["r1c1"].city == "Fair Oaks"
    head = "Call Number,Call Type,Location,Street Address,City,Received"
    row = f"1,FIGHT,RIO AMERICANO HS,100 MAIN ST,{city},10/13/2026 10:00"
    done = bring(session, head, [row])
    assert (done.taken, done.elsewhere) == (0, 1)
    (place,) = done.places
    assert (place.place, place.candidates) == (f"RIO AMERICANO HS, {city}", ("r1c1",))
    address = row.replace("RIO AMERICANO HS,100 MAIN ST", ",4540 AMERICAN RIVER DR")
    done = bring(session, head, [address])
    assert (done.taken, [own.candidates for own in done.places]) == (0, [("r1c1",)])
    at_its_own = row.replace("100 MAIN ST", "4540 AMERICAN RIVER DR").replace("1,F", "2,F")
    at_its_own = at_its_own.replace("10:00", "11:00")
    assert bring(session, head, [row, at_its_own]).taken == 1  # name and address are no chance
    aliases = {place.place: "r1c1"}
    assert bring(session, head, [row], aliases=aliases).taken == 1
    assert bring(session, head, [row.replace("1,F", "3,F").replace("10:00", "12:00")]).taken == 1


def test_rows_at_a_shared_address_are_reported_until_an_alias_decides(
    session: Session,
) -> None:
    head = "Call Number,Call Type,Location,Received"
    row = "{},FIGHT,4848 COTTAGE WAY,10/13/2026 10:0{}"
    done = bring(session, head, [row.format(1, 1), row.format(2, 2)])
    assert done.taken == 2
    shared = find_message(done.notes, "rows_at_shared_place").facts
    assert (shared["n"], shared["others"]) == (2, ["Ralph Richardson Center"])
    session.apply("Alias", lambda own: add_site_alias(own, "r1c3", "4848 COTTAGE WAY"))
    done = bring(session, head, [row.format(3, 3)])
    assert {call.uid: call.site for call in list_incidents(session)} == {
        "1": "r1c2",
        "2": "r1c2",
        "3": "r1c3",
    }
    assert "rows_at_shared_place" not in [note.template for note in done.notes]


def test_positions_on_a_shared_campus_count_for_the_larger_school_and_are_reported(
    session: Session,
) -> None:
    """A geocoder is not exact enough to separate two schools of one campus."""
    near = replace(session.project.sites["r1c3"], x_m=1550.0, y_m=-500.0, enrollment=50)
    session.apply("Move", lambda project: project.with_site(near))
    king = session.project.sites["r1c2"]
    assert (king.x_m, king.y_m) == (1500.0, -500.0)
    places = ("1500,-500", "1490,-530", "1535,-480", "1575,-530", "1549,-501", "1690,-505")
    for address, first in (("", 0), ("4848 COTTAGE WAY", 6)):
        rows = [
            f"{first + n},FIGHT,10/{13 + first + n}/2026 10:00,{place},{address}"
            for n, place in enumerate(places)
        ]
        done = bring(session, "ID,Nature,Created,X,Y,Address", rows)
        assert (done.taken, done.elsewhere) == (6, 0)
        sites = [one.site for one in list_incidents(session)[-6:]]
        assert sites == ["r1c2", "r1c2", "r1c2", "r1c2", "r1c3", "r1c2"], address
        told = find_message(done.notes, "rows_at_shared_place")
        assert str(told).startswith(
            "4 rows give only the address or position that Starr King K-8 shares with Ralph"
        )


def test_no_rate_is_learned_from_a_log_without_calls_at_schools(
    session: Session,
) -> None:
    declare_records(session, complete=((INCIDENT_RECORDS, SPAN),))
    assert find_log_demand(session) is None
    assert list_silent_jurisdictions(session) != ()
    call = {"type": "fight", "received_at": "2026-10-13T10:00"}
    log_record(session, "incident", call)  # at no school
    with refused("log_not_complete.no_calls"):
        use_demand(session, "log")
    log_record(session, "incident", {**call, "site": "r1c1"})
    found = find_log_demand(session)
    assert found is not None and found.until == SPAN.last
    session.apply("Park", lambda own: own.with_site(replace(own.sites["r1c1"], patrolled=False)))
    assert find_log_demand(session) is None  # calls at a school that is no longer patrolled
