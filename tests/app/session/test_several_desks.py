"""Two desks with the same project open see each other's changes and lose nothing."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from builders import refused
from cluster import Cluster
from sentences import says
from storage_samples import move_site, visit, wait_until
from two_homes import Home, InFile, OnServer

from zoneplanner import storage
from zoneplanner.app.log.dispatch import LiveIncidents
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.log.stamps import log_stamp, log_stamp_now
from zoneplanner.app.log.unit_board import UnitBoard
from zoneplanner.app.session.identity import get_utc_now
from zoneplanner.app.session.session import ProjectEdit, Session
from zoneplanner.app.session.state import SessionChange
from zoneplanner.errors import Conflict, UserError
from zoneplanner.messages import Message
from zoneplanner.storage.postgres import connection

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)


@pytest.fixture(params=["file", "server"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """The sample project in a file and on a server."""
    path = tmp_path / "district.gpkg"
    if request.param == "file":
        yield InFile(path)
    else:
        with OnServer(request.getfixturevalue("cluster"), path) as made:
            yield made


Desk = Callable[..., Session]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Opens a project at a desk; all are closed at the end."""
    with ExitStack() as opened:

        def sit_down(home: Home, who: str = "Officer A") -> Session:
            outbox = tmp_path / f"outbox of {who}"
            if isinstance(home, OnServer):
                address = home.cluster.address(who, home.schema)
                store = storage.open(address, desk=f"desk of {who}", outbox=outbox)
            else:
                store = home.open()
            session = Session(store, actor=who, desk=f"desk of {who}", clock=lambda: NOW)
            opened.callback(session.close)
            return session

        yield sit_down


def give(site: str, zone: str) -> ProjectEdit:
    return lambda project: move_site(project, site, zone)


def read_zones(session: Session) -> dict[str, str]:
    return dict(session.state.saved_project.plans["plan-1"].assignment)


def collect_events(session: Session) -> list[SessionChange]:
    events: list[SessionChange] = []
    session.listen(events.append)
    return events


def poll_until(session: Session, condition: Callable[[], bool]) -> bool:
    """Poll like the window until a condition is true."""

    def looked() -> bool:
        session.poll()
        return condition()

    return wait_until(looked)


def test_an_edit_by_another_desk_arrives_with_its_person_and_label(home: Home, desk: Desk) -> None:
    here, there = desk(home, "Officer A"), desk(home, "Officer B")
    events = collect_events(here)
    there.apply("Move School b", give("b", "S1"))
    assert poll_until(here, lambda: read_zones(here)["b"] == "S1")
    [edit] = events[-1].others
    assert (edit.actor, edit.label) == ("Officer B", "Move School b")
    assert here.history[-1].label == "Move School b"


def test_an_entry_by_another_desk_arrives(home: Home, desk: Desk) -> None:
    here, there = desk(home, "Officer A"), desk(home, "Officer B")
    events = collect_events(here)
    there.log(visit("v1"))
    assert poll_until(here, lambda: any(event.logged for event in events))
    [event] = [event for event in events if event.logged]
    assert [(entry.uid, entry.actor) for entry in event.logged] == [("v1", "Officer B")]
    assert here.last_visits.keys() == {"a"}


def test_units_of_another_desk_are_on_the_board(home: Home, desk: Desk) -> None:
    here, there = desk(home, "Officer A"), desk(home, "Officer B")
    here.clock = there.clock = get_utc_now  # a server signs with its own
    board, live = UnitBoard(here), LiveIncidents(here)

    def stands(unit: str) -> tuple[str, str]:
        row = next(row for row in board.read(live.incidents()) if row.unit == unit)
        return row.state.value, row.status

    assert stands("S1") == ("available", "")
    log_record(there, "unit_status", {"unit": "S1", "status": "meal"})
    assert poll_until(here, lambda: stands("S1") == ("out", "meal"))
    log_record(there, "incident", {"uid": "i", "type": "fight", "site": "a"})
    log_stamp(there, {"incident": "i", "unit": "S1", "name": "enroute"})
    assert poll_until(here, lambda: stands("S1") == ("en route", ""))
    log_record(here, "unit_status", {"unit": "S2", "status": "court"})
    other, elsewhere = UnitBoard(there), LiveIncidents(there)
    assert poll_until(
        there, lambda: {row.status for row in other.read(elsewhere.incidents())} == {"", "court"}
    )


def test_a_burst_of_entries_arrives_as_one_event(home: Home, desk: Desk) -> None:
    here, there = desk(home, "Officer A"), desk(home, "Officer B")
    events = collect_events(here)
    there.log_many([visit(f"v{at}") for at in range(100)])
    assert poll_until(here, lambda: any(event.logged for event in events))
    assert [len(event.logged) for event in events if event.logged] == [100]


def test_own_changes_cause_no_event(home: Home, desk: Desk) -> None:
    here = desk(home)
    here.apply("Move", give("b", "S1"))
    here.log(visit("v1"))
    events = collect_events(here)
    assert not here.poll()
    assert events == []


def test_simultaneous_edits_of_different_sites_are_both_stored(home: Home, desk: Desk) -> None:
    here, there = desk(home, "Officer A"), desk(home, "Officer B")
    there.apply("Move b", give("b", "S1"))
    here.apply("Move a", give("a", "S2"))  # has not received the other edit yet
    assert read_zones(here) == {"a": "S2", "b": "S1", "c": "S2"}
    assert poll_until(there, lambda: read_zones(there) == read_zones(here))
    assert [step.label for step in here.history][-2:] == ["Move b", "Move a"]


def test_a_conflict_shows_both_versions_and_loses_neither(home: Home, desk: Desk) -> None:
    here, there = desk(home, "Officer A"), desk(home, "Officer B")
    there.apply("Move b", give("b", "S1"))
    there.apply("Move b back", give("b", "S2"))
    with pytest.raises(Conflict) as caught:
        here.apply("Move b", give("b", "S1"))
    assert caught.value.template == "conflict.zone"
    facts = caught.value.details
    zones = (Message("conflict_zone", zone=f"Zone {number}") for number in (1, 2))
    assert (facts["site"], facts["yours"], facts["theirs"]) == ("School b", *zones)
    assert facts["who"].facts["person"] == "Officer B"
    assert read_zones(here)["b"] == "S2"
    assert caught.value.retry is not None
    caught.value.retry()
    assert read_zones(here)["b"] == "S1"
    assert poll_until(there, lambda: read_zones(there)["b"] == "S1")


def test_a_drag_that_lost_to_another_desk_shows_the_other_desks_change(
    home: Home, desk: Desk
) -> None:
    here, there = desk(home, "Officer A"), desk(home, "Officer B")
    here.preview(give("b", "S1"))
    there.apply("Move b", give("b", "S1"))
    there.apply("Move b back", give("b", "S2"))
    assert not here.poll()
    with pytest.raises(Conflict):
        here.commit_gesture("Move b")
    assert read_zones(here)["b"] == "S2"


def test_undo_takes_back_an_own_step_beneath_that_of_another_desk(home: Home, desk: Desk) -> None:
    here, there = desk(home, "Officer A"), desk(home, "Officer B")
    here.apply("Move a", give("a", "S2"))
    assert poll_until(there, lambda: read_zones(there)["a"] == "S2")
    there.apply("Move b", give("b", "S1"))
    assert poll_until(here, lambda: read_zones(here)["b"] == "S1")
    assert here.undo_label == "Move a"
    here.undo()
    assert read_zones(here) == {"a": "S1", "b": "S1", "c": "S2"}
    with refused("nothing_to_undo"):
        here.undo()
    assert poll_until(there, lambda: read_zones(there) == read_zones(here))


def test_undo_never_takes_back_a_step_of_another_desk(home: Home, desk: Desk) -> None:
    there = desk(home, "Officer B")
    there.apply("Move a", give("a", "S2"))
    here = desk(home, "Officer A")
    assert (here.undo_label, len(here.history)) == (None, 2)
    with refused("nothing_to_undo"):
        here.undo()
    there.apply("Move b", give("b", "S1"))
    there.apply("Move b back", give("b", "S2"))
    with pytest.raises(Conflict):
        here.apply("Move b", give("b", "S1"))
    assert here.undo_label is None
    with refused("nothing_to_undo"):
        here.undo()
    assert read_zones(here) == read_zones(there) == {"a": "S2", "b": "S2", "c": "S2"}


def test_edits_by_another_desk_during_a_preview_arrive_and_stay(home: Home, desk: Desk) -> None:
    here, there = desk(home, "Officer A"), desk(home, "Officer B")
    here.apply("Move a", give("a", "S2"))
    here.view_step(0)
    events = collect_events(here)
    there.apply("Move b", give("b", "S1"))
    there.log(visit("v1"))
    assert poll_until(here, lambda: any(event.logged for event in events))
    assert [edit.label for event in events for edit in event.others] == ["Move b"]
    assert (read_zones(here)["a"], here.viewed_step) == ("S1", 0)
    here.restore_step(0)
    assert read_zones(here) == {"a": "S1", "b": "S2", "c": "S2"}
    assert here.history[-1].label.endswith(", 2 steps")
    here.undo()
    assert read_zones(here) == {"a": "S2", "b": "S1", "c": "S2"}


def test_a_step_that_another_desk_built_on_cannot_be_undone(home: Home, desk: Desk) -> None:
    here, there = desk(home, "Officer A"), desk(home, "Officer B")
    here.apply("Move a", give("a", "S2"))
    assert poll_until(there, lambda: read_zones(there)["a"] == "S2")
    there.apply("Move a back", give("a", "S1"))
    assert poll_until(here, lambda: read_zones(here)["a"] == "S1")
    with pytest.raises(Conflict):
        here.undo()
    assert read_zones(here)["a"] == "S1"


def test_a_plan_added_by_another_desk_is_not_shown_automatically(home: Home, desk: Desk) -> None:
    here, there = desk(home, "Officer A"), desk(home, "Officer B")
    another = replace(there.project.plans["plan-1"], uid="plan-2", name="Draft B")
    there.apply("Branch", lambda project: project.with_plan(another))
    assert there.plan_uid == "plan-2"
    assert poll_until(here, lambda: "plan-2" in here.project.plans)
    assert here.plan_uid == "plan-1"
    third = replace(another, uid="plan-3", name="Draft C")
    there.apply("Branch", lambda project: project.with_plan(third))
    here.apply("Move a", give("a", "S2"))  # may not have received it yet
    assert here.plan_uid == "plan-1"


def test_a_change_by_another_program_arrives(home: Home, desk: Desk) -> None:
    here = desk(home)
    for note in ("gate B", "gate C"):
        home.run(f"UPDATE site SET note = '{note}' WHERE id = 'a'")
        assert poll_until(here, lambda: here.project.sites["a"].note == note)  # noqa: B023
    here.apply("Move a", give("a", "S2"))
    assert here.undo_label == "Move a"


@pytest.fixture
def shared(cluster: Cluster, tmp_path: Path) -> Iterator[OnServer]:
    with OnServer(cluster, tmp_path / "district.gpkg") as home:
        yield home


def test_people_with_a_shared_project_open_are_listed(shared: OnServer, desk: Desk) -> None:
    here = desk(shared, "Officer A")
    there = desk(shared, "Dispatch D")
    assert wait_until(lambda: len(here.store.list_present_desks()) == 2)
    assert [(one.actor, one.desk) for one in here.store.list_present_desks()] == [
        ("Officer A", "desk of Officer A"),
        ("Dispatch D", "desk of Dispatch D"),
    ]
    there.close()
    assert wait_until(
        lambda: [one.actor for one in here.store.list_present_desks()] == ["Officer A"]
    )


@pytest.fixture
def cut(shared: OnServer) -> Iterator[Callable[[bool], None]]:
    """Disconnects everyone in the project from the server and lets them in again."""

    def let_in(allowed: bool) -> None:
        limit = -1 if allowed else 0
        for person in ("Officer A", "Officer B"):
            shared.cluster.run(f'ALTER ROLE "{person}" CONNECTION LIMIT {limit}')
        if not allowed:
            shared.cluster.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename LIKE 'Officer%'"
            )

    yield let_in
    let_in(True)


def test_entries_wait_for_an_unreachable_server_and_are_sent_once(
    shared: OnServer, desk: Desk, cut: Callable[[bool], None]
) -> None:
    here = desk(shared, "Officer A")
    here.log(visit("v1"))
    events = collect_events(here)
    cut(False)
    assert wait_until(lambda: not here.store.online)
    waits = here.log(visit("v2"))
    assert here.log(visit("v2")).uid == waits.uid == "v2"
    here.log(visit("v3", supersedes="v1"))
    assert here.log(visit("v1")).hash != ""  # a retry of what the server has
    with refused("unknown_entry.superseded", uid="v9"):
        here.log(visit("v4", supersedes="v9"))
    assert here.store.waiting() == (2, 0)
    assert [entry.uid for entry in here.store.entries()] == ["v1", "v2", "v3"]
    assert len(here.store.log().visits) == 2
    assert not here.poll()
    with refused("server_away.known"):
        here.apply("Move a", give("a", "S2"))
    assert read_zones(here)["a"] == "S1"
    cut(True)
    assert poll_until(here, lambda: here.store.waiting() == (0, 0))
    assert [entry.uid for entry in events[-1].logged] == ["v2", "v3"]
    assert [entry.hash != "" for entry in here.store.entries()] == [True] * 3
    here.apply("Move a", give("a", "S2"))
    assert shared.rows("SELECT uid FROM journal_entry ORDER BY seq") == [("v1",), ("v2",), ("v3",)]
    assert here.store.verify().ok


def test_waiting_entries_survive_closing_and_are_sent_at_the_next_opening(
    shared: OnServer, desk: Desk, cut: Callable[[bool], None]
) -> None:
    here = desk(shared, "Officer A")
    cut(False)
    assert wait_until(lambda: not here.store.online)
    here.log(visit("v1"))
    here.close()
    cut(True)
    again = desk(shared, "Officer A")
    assert again.store.waiting() == (1, 0)
    assert poll_until(again, lambda: again.store.waiting() == (0, 0))
    assert [entry.uid for entry in again.store.entries()] == ["v1"]


def test_an_entry_stored_before_the_connection_broke_is_not_duplicated(
    shared: OnServer, desk: Desk, tmp_path: Path
) -> None:
    from zoneplanner.storage.postgres.outbox import Outbox

    first = desk(shared, "Officer A")
    kept = first.log(visit("v1"))
    first.close()
    Outbox(tmp_path / "outbox of Officer A").put([visit("v1"), visit("v2")])
    here = desk(shared, "Officer A")
    here.poll()
    entries = here.store.entries()
    assert [entry.uid for entry in entries] == ["v1", "v2"]
    assert entries[0].hash == kept.hash


def test_an_entry_the_server_rejects_stays_on_the_desk_and_is_counted(
    shared: OnServer, desk: Desk, tmp_path: Path
) -> None:
    from zoneplanner.storage.postgres.outbox import Outbox

    Outbox(tmp_path / "outbox of Officer A").put([visit("v1", supersedes="gone"), visit("v2")])
    here = desk(shared, "Officer A")
    here.poll()
    assert here.store.waiting() == (0, 1)
    assert [entry.uid for entry in here.store.entries()] == ["v2"]


def test_a_damaged_waiting_entry_does_not_block_the_others(
    shared: OnServer, desk: Desk, tmp_path: Path
) -> None:
    from zoneplanner.storage.postgres.outbox import Outbox

    box = tmp_path / "outbox of Officer A"
    damages = {
        "v1": "'{'",
        "v2": "NULL || '[1]'",
        "v3": "'[1]'",
        "v4": "replace(entry, 'visit', 'raid')",
        "v5": "replace(entry, 'v5', 'v7')",
        "v6": "x'00ff'",
    }
    Outbox(box).put([visit(uid) for uid in (*damages, "v9")])
    with closing(sqlite3.connect(box)) as connection:
        for uid, text in damages.items():
            connection.execute(
                f"UPDATE waiting SET entry = coalesce({text}, 7) WHERE uid = '{uid}'"
            )
        connection.commit()
    here = desk(shared, "Officer A")
    here.poll()
    assert [entry.uid for entry in here.store.entries()] == ["v9"]
    assert here.store.waiting() == (0, len(damages))
    assert len(set(here.store.refusals())) == 1


def test_entries_wait_while_the_server_is_busy(
    shared: OnServer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_WAIT_MS", 300)
    here = desk(shared, "Officer A")
    with shared.cluster.connect("owner") as other:
        other.execute(f"SELECT {shared.schema}.take_turn()")
        assert here.log(visit("v1")).hash == ""
        assert here.store.waiting() == (1, 0)
        with refused("server_away.busy"):
            here.apply("Move a", give("a", "S2"))
        other.rollback()
    assert poll_until(here, lambda: here.store.waiting() == (0, 0))
    assert [entry.hash != "" for entry in here.store.entries()] == [True]


def test_a_stamp_made_by_two_desks_at_once_is_stored_once(home: Home, desk: Desk) -> None:
    desks = [desk(home, "Officer A"), desk(home, "Officer B")]
    calls = [f"i{at}" for at in range(6)]
    for uid in calls:
        log_record(desks[0], "incident", {"uid": uid, "type": "fight", "site": "a"})
    live = [LiveIncidents(one) for one in desks]
    for one in live:
        assert {call.uid for call in one.incidents()} == set(calls)
    together, codes = Barrier(len(desks)), list[str]()

    def stamp(at: int) -> None:
        for uid in calls:
            together.wait(20)
            try:
                log_stamp_now(live[at], desks[at], uid, "S1", "dispatched")
            except UserError as error:
                codes.append(error.code)
            together.wait(20)
            if not at:
                log_stamp_now(live[at], desks[at], uid, "S1", "cleared")

    with ThreadPoolExecutor(len(desks)) as pool:
        list(pool.map(stamp, range(len(desks))))
    made = desks[0].store.entries(kinds=("stamp",))
    assert Counter(one.payload["incident"] for one in made) == dict.fromkeys(calls, 2)
    assert len(codes) == len(calls), "one desk of the two is told that the other was first"
    assert set(codes) <= {"stamped_elsewhere", "stamped_already"}


def test_a_waiting_stamp_that_another_desk_also_made_is_settled(
    shared: OnServer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_WAIT_MS", 300)
    here, there = desk(shared, "Officer A"), desk(shared, "Officer B")
    call = {"uid": "i", "type": "fight", "site": "a", "received_at": "2026-11-16T07:50"}
    log_record(here, "incident", call)
    live = [LiveIncidents(one) for one in (here, there)]
    assert [len(one.incidents()) for one in live] == [1, 1]
    with shared.cluster.connect("owner") as other:
        other.execute(f"SELECT {shared.schema}.take_turn()")
        waits = log_stamp_now(live[0], here, "i", "S1", "dispatched")
        visit = {"uid": "v", "site": "a", "unit": "S1", "arrived_at": "2026-09-02T09:00"}
        log_record(here, "visit", visit)
        assert (waits.hash, here.store.waiting()) == ("", (2, 0))
        other.rollback()
    log_record(there, "visit", visit)  # as both import it from one file: nothing is lost
    at = waits.occurred_at - timedelta(seconds=20)
    first = log_stamp_now(live[1], there, "i", "S1", "dispatched", at=at)
    assert first.uid == waits.uid and first.desk == there.desk
    assert poll_until(here, lambda: here.store.waiting() == (0, 1))
    (why,) = here.store.refusals()
    zone = ZoneInfo(here.saved_project.time_zone)
    when = f"{first.occurred_at.astimezone(zone):%Y-%m-%d %H:%M}"
    assert says(why, "logged_elsewhere", actor="Officer B", at=when)
    assert [one.desk for one in here.store.entries(kinds=("stamp",))] == [there.desk]
