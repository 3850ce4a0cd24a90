"""The first minutes of a lockdown: one-key times, nearby schools, the next bell."""

from dataclasses import replace
from datetime import timedelta

from builders import MONDAY_AT_8, OpenSession, moved, project_from
from rosters import CALENDAR

from zoneplanner.app.log.response_actions import (
    begin_response_action,
    find_next_bell,
    list_active_actions,
    list_command_times,
    list_nearby_schools,
    log_command_time,
    void_command_time,
)


def test_a_command_time_is_that_of_the_first_entry_of_its_call(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("AAB / aaa"))
    for site in ("r1c1", "r2c3"):
        begin_response_action(session, site, "lockdown")
    here = next(one for one in list_active_actions(session) if one.site == "r1c1")
    log_command_time(session, here, "nine_one_one")
    later = MONDAY_AT_8 + timedelta(minutes=3)
    session.clock = lambda: later
    log_command_time(session, here, "nine_one_one")
    log_command_time(session, here, "bus_hold")
    found = list_command_times(session)
    times = {call: {told: one.at for told, one in own.items()} for call, own in found.items()}
    assert times == {here.incident: {"nine_one_one": MONDAY_AT_8, "bus_hold": later}}
    void_command_time(session, found[here.incident]["bus_hold"])
    assert list(list_command_times(session)[here.incident]) == ["nine_one_one"]


def test_schools_within_a_mile_are_listed_nearest_first() -> None:
    project = moved(project_from("AAB / aaa"), "r1c3", 1600.0, -500.0)
    found = list_nearby_schools(project, "r1c1")
    assert [one.site.id for one in found] == ["r1c2", "r2c1", "r1c3", "r2c2"]
    assert [round(one.away_m) for one in found] == [1000, 1000, 1100, 1414]
    assert list_nearby_schools(project, "none") == ()


def test_the_next_bell_is_the_schools_own_and_only_on_school_days() -> None:
    project = replace(project_from("AAB / aaa"), calendar=CALENDAR)
    times = project.calendar.bells.find_bell_times("r1c1", "elementary")
    span = find_next_bell(project, "r1c1", MONDAY_AT_8)
    assert span is not None and span.starts_at <= MONDAY_AT_8 < span.ends_at
    assert times.starts.hour >= 7
    assert find_next_bell(project, "r1c1", MONDAY_AT_8 + timedelta(days=-1)) is None
    assert find_next_bell(project, "r1c1", MONDAY_AT_8 + timedelta(hours=14)) is None
