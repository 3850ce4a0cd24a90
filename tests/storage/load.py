"""Several desks working on one shared project at once, each in its own process."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from cluster import PASSWORD, Cluster
from two_homes import OnServer

from zoneplanner.storage import ServerAddress

DESK = """
import json, random, sys, time
from datetime import UTC, datetime
from zoneplanner import storage
from zoneplanner.app.desk.project_location import parse_location
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.errors import Conflict

address, name, seconds, pause = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
chance = random.Random(name)
store = storage.open(parse_location(address), desk=name)
session = Session(store, actor=name, desk=name, clock=lambda: datetime.now(UTC))
print("ready", flush=True)
sys.stdin.readline()
done = {"entries": [], "edits": [], "conflicts": 0, "append_ms": [], "edit_ms": []}
end, number = time.monotonic() + seconds, 0
while time.monotonic() < end:
    number += 1
    entry = NewEntry(f"{name}-{number}", "visit", "a", "S1", session.clock(), {"note": name})
    begun = time.perf_counter()
    session.log(entry)
    done["append_ms"].append(1000 * (time.perf_counter() - begun))
    done["entries"].append(entry.uid)
    session.poll()
    if number % 3 == 0:
        site, zone = chance.choice("abc"), chance.choice(("S1", "S2"))
        plan = session.state.saved_project.plans["plan-1"]
        label = f"{name}-{number} {site} {zone}"
        begun = time.perf_counter()
        try:
            changes = session.apply(
                label, lambda p: p.with_plan(p.plans["plan-1"].with_assignments({site: zone})))
            if changes.moves:
                done["edits"].append(label)
                done["edit_ms"].append(1000 * (time.perf_counter() - begun))
        except Conflict:
            done["conflicts"] += 1
    time.sleep(pause * chance.uniform(0.5, 1.5))
session.close()
print(json.dumps(done), flush=True)
"""


@dataclass(frozen=True)
class Load:
    """What was acknowledged to the desks, and how long they waited."""

    entries: list[str]
    edits: list[str]
    conflicts: int
    append_ms: list[float]
    edit_ms: list[float]


def run_desks(
    cluster: Cluster, home: OnServer, *, desks: int, seconds: float, pause_s: float
) -> Load:
    """Let desks log and edit for a while, starting at the same moment."""
    env = {**os.environ, "PGPASSWORD": PASSWORD}
    running = []
    for number in range(desks):
        who = ("Officer A", "Officer B")[number % 2]
        address = ServerAddress(who, "127.0.0.1", cluster.port, "district", home.schema)
        args = (str(address), f"desk{number}", str(seconds), str(pause_s))
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", DESK, *args],
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    for desk in running:
        assert desk.stdout is not None
        assert desk.stdout.readline() == "ready\n"
    told = []
    for desk in running:
        assert desk.stdin is not None
        desk.stdin.write("go\n")
        desk.stdin.flush()
    for desk in running:
        out, _ = desk.communicate(timeout=seconds + 120)
        assert desk.returncode == 0
        told.append(json.loads(out))
    return Load(
        entries=[uid for one in told for uid in one["entries"]],
        edits=[label for one in told for label in one["edits"]],
        conflicts=sum(one["conflicts"] for one in told),
        append_ms=[ms for one in told for ms in one["append_ms"]],
        edit_ms=[ms for one in told for ms in one["edit_ms"]],
    )


def check_load(home: OnServer, load: Load) -> None:
    """Check that nothing is lost or duplicated and that the plan is what the edits lead to."""
    with home.open() as store:
        found = store.verify()
        assert found.ok, found.findings
        kept = [entry.uid for entry in store.entries()]
        assert sorted(kept) == sorted(load.entries)
        labels = [edit.label for edit in store.edits()][1:]
        assert sorted(labels) == sorted(load.edits)
        led = {"a": "S1", "b": "S2", "c": "S2"}
        for label in labels:
            _, site, zone = label.split()
            led[site] = zone
        assert store.project().plans["plan-1"].assignment == led
        steps = [edit.step for edit in store.edits()]
        assert steps == list(range(len(steps)))
