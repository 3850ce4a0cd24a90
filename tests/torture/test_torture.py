"""A part of ``make torture``: a failing disk loses nothing that was acknowledged."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sweep import HERE, build_layer


def run_sweep(*args: str) -> list[dict[str, object]]:
    """Sweep some scenarios in a process with the fault layer loaded."""
    command = [sys.executable, str(HERE / "sweep.py"), "--json", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3000)
    assert done.stdout, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout.splitlines()[-1])
    for one in found:
        assert not one["failures"], one
    return found


@pytest.fixture(autouse=True)
def layer(tmp_path: Path) -> None:
    if build_layer(tmp_path) is None:
        found = shutil.which("cc") or shutil.which("gcc")
        pytest.skip(f"the layer of a failing disk needs Linux and a C compiler (found: {found})")


def test_an_entry_survives_a_power_cut_and_a_failing_disk() -> None:
    found = run_sweep("append", "outbox", "--points", "3", "--kinds", "power,fsync")
    assert all(one["tried"] and one["acknowledged"] for one in found)


def test_a_backup_that_was_reported_survives_a_power_cut() -> None:
    (found,) = run_sweep("backup", "--points", "3", "--kinds", "power")
    assert found["acknowledged"]


@pytest.mark.long
def test_kills_power_cuts_and_failed_operations_lose_nothing_acknowledged() -> None:
    found = run_sweep("--points", "12")
    assert {one["scenario"] for one in found} >= {"append", "save", "import", "migrate", "backup"}
