"""A desk or server killed at any moment loses nothing that was acknowledged."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import PASSWORD, Cluster, running_cluster
from two_homes import Home, InFile, OnServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9 on Windows")

WRITE_UNTIL_KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneplanner import storage
from zoneplanner.app.desk.project_location import parse_location
from zoneplanner.domain.log.journal import NewEntry
turn = sys.argv[2]
at = datetime(2026, 11, 16, tzinfo=UTC)
with storage.open(parse_location(sys.argv[1])) as store:
    project = store.project()
    for number in range(100_000):
        entry = NewEntry(f"{turn}-{number}", "visit", "a", "S1", at, {"status": "completed"})
        store.append(entry, actor="Officer A", desk="desk 1", now=at)
        print("entry", entry.uid, flush=True)
        zone = "S1" if project.plans["plan-1"].assignment["a"] == "S2" else "S2"
        plan = project.plans["plan-1"].with_assignments({"a": zone})
        label = f"{turn}-{number} {zone}"
        store.save(project, project.with_plan(plan), label=label, actor="Officer A", at=at)
        project = project.with_plan(plan)
        print("edit", label, flush=True)
"""


class Desk:
    """A desk in a separate process that logs and edits until killed."""

    def __init__(self, home: Home) -> None:
        self._backend = home
        self.entries: set[str] = set()
        self.edits: set[str] = set()

    def killed(self, turn: int, lines: int, *, server: Cluster | None = None) -> None:
        """Run until it has printed a number of lines, then kill it or its server."""
        command = [sys.executable, "-c", WRITE_UNTIL_KILLED, str(self._backend.place), str(turn)]
        env = {**os.environ, "PGPASSWORD": PASSWORD}
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        with subprocess.Popen(command, env=env, **options) as child:  # type: ignore[call-overload]
            told = [child.stdout.readline() for _ in range(lines)]
            if server is None:
                child.send_signal(signal.SIGKILL)
            else:
                server.kill()
            told += child.stdout.readlines()
        whole = [line.rstrip("\n") for line in told if line.endswith("\n")]
        self.entries |= {line.removeprefix("entry ") for line in whole if line[:2] == "en"}
        self.edits |= {line.removeprefix("edit ") for line in whole if line[:2] == "ed"}

    def check(self) -> None:
        """Check that everything acknowledged is stored and no edit is half applied."""
        with self._backend.open() as store:
            assert store.verify().ok
            kept = [entry.uid for entry in store.entries()]
            assert self.entries <= set(kept)
            assert len(kept) == len(set(kept))
            edits, project = store.edits(), store.project()
            labels = [edit.label for edit in edits]
            assert self.edits <= set(labels)
            assert project.plans["plan-1"].assignment["a"] == labels[-1].split()[-1]
            undone = store.rewind(project, [edits[-1].seq])
            assert undone.plans["plan-1"].assignment["a"] != labels[-1].split()[-1]


def test_a_killed_desk_loses_nothing_acknowledged(path: Path) -> None:
    desk = Desk(InFile(path))
    for turn in range(4):
        desk.killed(turn, 7 + 3 * turn)
        desk.check()
    assert len(desk.entries) > 15


@pytest.mark.long
def test_200_kills_at_random_moments_lose_nothing_in_a_file(path: Path) -> None:
    desk, chance = Desk(InFile(path)), random.Random(0)
    for turn in range(200):
        desk.killed(turn, chance.randint(1, 20))
        if turn % 10 == 9:
            desk.check()
    print(f"{len(desk.entries)} entries and {len(desk.edits)} edits acknowledged, none lost")


@pytest.fixture(scope="module")
def durable(cluster: Cluster) -> Iterator[Cluster]:
    """A server that syncs to disk, unlike the fast one of other tests."""
    with running_cluster(durable=True) as server:
        yield server


def test_a_killed_server_loses_nothing_acknowledged(durable: Cluster, path: Path) -> None:
    desk = Desk(OnServer(durable, path))
    desk.killed(0, 9)
    desk.check()
    desk.killed(1, 8, server=durable)
    durable.start()
    desk.check()
    assert len(desk.entries) > 7


@pytest.mark.long
def test_200_kills_at_random_moments_lose_nothing_on_a_server(durable: Cluster, path: Path) -> None:
    desk, chance = Desk(OnServer(durable, path)), random.Random(1)
    for turn in range(200):
        server = durable if chance.random() < 0.5 else None
        desk.killed(turn, chance.randint(1, 20), server=server)
        if server is not None:
            durable.start()
        if turn % 10 == 9:
            desk.check()
    print(f"{len(desk.entries)} entries and {len(desk.edits)} edits acknowledged, none lost")


def test_a_desk_killed_while_offline_keeps_its_outbox(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from datetime import UTC, datetime;"
        " from zoneplanner.domain.log.journal import NewEntry;"
        " from zoneplanner.storage.postgres.outbox import Outbox;"
        " at = datetime(2026, 11, 16, tzinfo=UTC);"
        " box = Outbox(Path(sys.argv[1]));"
        " box.put([NewEntry('v1', 'visit', 'a', None, at, {'note': 'façade'})]);"
        " os.kill(os.getpid(), 9)"
    )
    box = tmp_path / "outbox.sqlite"
    done = subprocess.run([sys.executable, "-c", code, str(box)], check=False)
    assert done.returncode == -signal.SIGKILL
    from zoneplanner.storage.postgres.outbox import Outbox

    [entry] = Outbox(box).waiting()
    assert (entry.uid, dict(entry.payload)) == ("v1", {"note": "façade"})
