"""An installed package can add travel times, a report, a layer and a rule."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builders import refused

import zoneplanner as zp
from zoneplanner import cli
from zoneplanner.app.extensions import EXTENSION_KINDS, list_extensions

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "zoneplanner-example"


def install_package(source: Path, folder: Path, *, code: str | None = None) -> Path:
    """Put a package where Python finds it, like an installer but without dependencies."""
    project = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shutil.copytree(source / "src", folder, dirs_exist_ok=True)
    if code is not None:
        (folder / "zoneplanner_example" / "__init__.py").write_text(code, encoding="utf-8")
    info = folder / f"zoneplanner_example-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n",
        encoding="utf-8",
    )
    groups = (
        "\n".join((f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())))
        for group, entries in project["entry-points"].items()
    )
    (info / "entry_points.txt").write_text("\n\n".join(groups), encoding="utf-8")
    return folder


@pytest.fixture
def run_command(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Run a command and return its JSON answer."""

    def command(*args: str, status: int = 0) -> dict[str, Any]:
        assert cli.main([*args, "--json"]) == status
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return command


Run = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def unloaded_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unload the packages of other tests."""
    monkeypatch.delitem(sys.modules, "zoneplanner_example", raising=False)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example, installed."""
    folder = install_package(EXAMPLE, tmp_path / "site-packages")
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def district(district_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(district_file, tmp_path / "district.gpkg"))


def test_the_example_adds_one_of_each_kind_to_the_commands(
    packages: Path, district: Path, tmp_path: Path, run_command: Run
) -> None:
    listed = run_command("extensions", str(district))["extensions"]
    assert [one["kind"] for one in listed] == [*EXTENSION_KINDS]
    assert {one["package"] for one in listed} == {"zoneplanner-example"}
    problems = run_command("check", str(district), status=1)["problems"]
    own = [one for one in problems if one["code"] == "extension_rule"]
    assert own and all("zone" in one["where"] and "small_zone" in one["text"] for one in own)
    more = ("--report", "workload", "--to", str(tmp_path / "out"))
    (file,) = run_command("extensions", str(district), *more)["files"]
    assert Path(file).read_text(encoding="utf-8").startswith("zone,unit,sites,load_min_per_day")
    for name, begins in (
        ("walking.geojson", '{"type": "FeatureCollection"'),
        ("w.csv", "id,name,"),
    ):
        more = ("--layer", "walking", "--to", str(tmp_path / name))
        assert run_command("extensions", str(district), *more)["files"] == [str(tmp_path / name)]
        assert (tmp_path / name).read_text(encoding="utf-8-sig").startswith(begins)


def test_travel_times_of_a_package_stay_after_it_is_removed(
    packages: Path, district: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zp.open(district) as before:
        was = before.evaluate().mean_response_min
    with zp.open(district, write=True) as opened:
        assert opened.extension_layers() == ["walking"]
        areas = opened.table("walking")
        assert areas.geometry.area.round(-4).nunique() == 1 and len(areas) == 67
        opened.use_travel("crow")
        assert opened.evaluate().mean_response_min < was
        assert not opened.check().empty
    monkeypatch.undo()
    with zp.open(district) as after:
        assert after.evaluate().mean_response_min < was
        with refused("unknown_choice.no_extensions", text="crow"):
            after.use_travel("crow")
    assert list_extensions() == ()


FAULTY = """
def measure_minutes(lonlat): return lonlat
def write_workload(district, folder): raise RuntimeError("no paper")
def build_walking_areas(district): return district.sites()
def find_small_zones(district): return 1 / 0
"""


def test_a_failing_package_is_named_in_the_error(
    district: Path, tmp_path: Path, run_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install_package(EXAMPLE, tmp_path / "faulty", code=FAULTY))
    said = run_command("check", str(district), status=2)
    assert (said["code"], said["facts"]["name"]) == ("extension_failed", "small_zone")
    travel = run_command("extensions", str(district), "--travel", "crow", status=2)
    assert travel["code"] == "extension_minutes"
    more = ("--report", "workload", "--to", str(tmp_path))
    assert run_command("extensions", str(district), *more, status=2)["code"] == "extension_failed"


@pytest.mark.long
def test_the_example_can_be_installed_by_pip_and_is_found(tmp_path: Path, district: Path) -> None:
    source = Path(shutil.copytree(EXAMPLE, tmp_path / "source"))
    target = tmp_path / "installed"
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*command, "--no-deps", "--target", str(target), str(source)], check=True)
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "extensions", str(district), "--json"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(target)},
    )
    assert len(json.loads(done.stdout)["extensions"]) == 4
