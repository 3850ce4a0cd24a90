"""What the Python API brings along is loaded by no start of a command or of the window."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from zoneplanner.app.projects.open_project import open_session

ROOT = Path(__file__).parents[2]
FOR_PEOPLE = {"rich"}
FOR_LAND = {"pyproj"}
HEAVY = {"geopandas", "pandas", "folium", "pyogrio", "matplotlib"}


def loaded_by(*args: str) -> set[str]:
    """The packages and modules that a start of the program imports, by ``-X importtime``."""
    command = [sys.executable, "-X", "importtime", str(ROOT / "main.py"), *args]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    modules = {line.rpartition("|")[2].strip() for line in lines}
    names = modules | {module.partition(".")[0] for module in modules}
    assert {"zoneplanner", "sqlalchemy"} <= names
    return names


@pytest.mark.parametrize(
    "command", [*(pytest.param(one, marks=pytest.mark.long) for one in ("info", "log")), "check"]
)
def test_no_command_of_every_day_loads_them(command: str, made: Path, tmp_path: Path) -> None:
    path = tmp_path / "district.gpkg"
    path.write_bytes(made.read_bytes())
    more = {"log": ["visit", "site=Rio Americano High", "arrived_at=2026-11-20 09:00"]}
    open_session(path).close()  # what its land comes to is kept on the desk then
    loaded = loaded_by(command, str(path), *more.get(command, ()), "--json")
    assert (HEAVY | FOR_PEOPLE | FOR_LAND).isdisjoint(loaded)
    assert ("zoneplanner.app.session.session" in loaded) == (command != "info")


@pytest.mark.long
def test_no_start_of_the_window_loads_them(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "district.gpkg"
    path.write_bytes(made.read_bytes())
    picture = tmp_path / "window.png"
    assert HEAVY.isdisjoint(loaded_by("--picture", str(picture), str(path)))
    assert picture.stat().st_size > 10_000
