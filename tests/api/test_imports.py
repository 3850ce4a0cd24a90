"""Starting a command or the window does not load the packages of the Python API."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from zoneplanner.app.projects.open_project import open_session

ROOT = Path(__file__).parents[2]
FOR_PEOPLE = {"rich"}
FOR_LAND = {"pyproj"}
FEW_OBJECTS = 20_000
"""Modules alone are five times as many."""
HEAVY = {"geopandas", "pandas", "folium", "pyogrio", "matplotlib"}

SAYS_WHERE_GARBAGE_IS_LOOKED_FOR = f"""
import gc, runpy, sys
def say(phase, info):
    if phase == "start":
        print("garbage looked for in", len(gc.get_objects()), file=sys.stderr)
gc.callbacks.append(say)
runpy.run_path({str(ROOT / "main.py")!r}, run_name="__main__")
"""


def start(*args: str) -> list[str]:
    """Start the program and return the output of ``-X importtime`` and of collections by line."""
    command = [sys.executable, "-X", "importtime", "-c", SAYS_WHERE_GARBAGE_IS_LOOKED_FOR, *args]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    return done.stderr.splitlines()


def list_loaded(lines: list[str]) -> set[str]:
    """Return the imported packages and modules."""
    imports = (line for line in lines if line.startswith("import time:"))
    modules = {line.rpartition("|")[2].strip() for line in imports}
    names = modules | {module.partition(".")[0] for module in modules}
    assert {"zoneplanner", "sqlalchemy"} <= names
    return names


@pytest.mark.parametrize(
    "command", [*(pytest.param(one, marks=pytest.mark.long) for one in ("info", "log")), "check"]
)
def test_no_everyday_command_loads_the_api_packages(
    command: str, district_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "district.gpkg"
    path.write_bytes(district_file.read_bytes())
    more = {"log": ["visit", "site=Rio Americano High", "arrived_at=2026-11-20 09:00"]}
    open_session(path).close()  # what its land comes to is kept on the desk then
    written = start(command, str(path), *more.get(command, ()), "--json")
    loaded = list_loaded(written)
    assert (HEAVY | FOR_PEOPLE | FOR_LAND).isdisjoint(loaded)
    assert ("zoneplanner.app.session.session" in loaded) == (command != "info")
    searched = [int(line.split()[-1]) for line in written if line.startswith("garbage looked for")]
    assert searched and max(searched) < FEW_OBJECTS  # one at least, when Python ends


@pytest.mark.long
def test_starting_the_window_does_not_load_the_api_packages(
    district_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "district.gpkg"
    path.write_bytes(district_file.read_bytes())
    picture = tmp_path / "window.png"
    assert HEAVY.isdisjoint(list_loaded(start("--picture", str(picture), str(path))))
    assert picture.stat().st_size > 10_000
