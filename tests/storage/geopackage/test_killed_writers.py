"""A writer killed sixty times while logging loses nothing, and the figures agree."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from storage_samples import AT, project

from zoneplanner import storage

LOGGER = """
import sys
from datetime import UTC, datetime, timedelta
from zoneplanner import storage
from zoneplanner.domain.log.journal import NewEntry

path, run = sys.argv[1:]
start = datetime(2026, 11, 16, 16, 30, tzinfo=UTC)
with storage.open(path) as store:
    for number in range(100_000):
        at = start + timedelta(minutes=number)
        uid, status = f"{run}-{number}", {"status": "completed"}
        corrects = f"{run}-{number - 3}" if number % 5 == 4 else None
        entry = NewEntry(uid, "visit", "ab"[number % 2], "S1", at, status, corrects)
        store.append(entry, actor="Officer A", desk="desk 1", now=at)
        print(uid, flush=True)
"""


def log_and_kill(path: Path, run: int, seconds: float) -> list[str]:
    """Log until killed; return the acknowledged uids."""
    command = [sys.executable, "-c", LOGGER, str(path), str(run)]
    logger = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert logger.stdout is not None
    first = logger.stdout.readline()
    time.sleep(seconds)
    logger.kill()
    rest, _ = logger.communicate()
    return [first.strip(), *(line for line in rest.split("\n")[:-1] if line)]


def kill_repeatedly(path: Path, kills: int) -> None:
    dice = random.Random(0)
    storage.create(path, project(), actor="Officer A", at=AT).close()
    acknowledged: list[str] = []
    for run in range(kills):
        acknowledged += log_and_kill(path, run, dice.uniform(0.0, 0.2))
    with storage.open(path) as store:
        kept = {entry.uid for entry in store.entries()}
        assert set(acknowledged) <= kept
        assert len(kept) - len(acknowledged) <= kills
        assert store.verify().ok


@pytest.mark.long
def test_sixty_kills_lose_no_acknowledged_entry(tmp_path: Path) -> None:
    kill_repeatedly(tmp_path / "p.gpkg", 60)
