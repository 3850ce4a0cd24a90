"""Settings that an administrator makes for everybody on a computer."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """Return an environment whose machine settings are in a folder of the test."""
    (tmp_path / "zoneplanner").mkdir()
    return {**os.environ, "XDG_CONFIG_DIRS": f"{tmp_path}:/etc/xdg", "XDG_DATA_HOME": str(tmp_path)}


def run_python(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], env=environment, capture_output=True, text=True, check=False
    )


def test_machine_settings_place_backups_in_a_separate_folder_for_each_user(
    machine: dict[str, str], tmp_path: Path
) -> None:
    machine["WHO"] = "officer-a"
    (tmp_path / "zoneplanner/machine.toml").write_text(
        f'data_folder = "{tmp_path}/share/$WHO"\n', encoding="utf-8"
    )
    project = str(tmp_path / "a.gpkg")
    assert run_python(machine, "-m", "zoneplanner", "new", project, "--empty").returncode == 0
    made = run_python(machine, "-m", "zoneplanner", "backup", project, "--json")
    assert str(tmp_path / "share/officer-a/backups") in made.stdout
    assert list((tmp_path / "share/officer-a/backups").rglob("*.gpkg"))


def test_machine_settings_are_found_behind_a_folder_the_desktop_lists_first(
    machine: dict[str, str], tmp_path: Path
) -> None:
    machine["XDG_CONFIG_DIRS"] = f"{tmp_path}/of-the-desktop:{tmp_path}"
    (tmp_path / "zoneplanner/machine.toml").write_text("web_tile = false", encoding="utf-8")
    done = run_python(machine, "-m", "zoneplanner", "info", str(tmp_path / "a.gpkg"), "--json")
    assert json.loads(done.stdout)["code"] == "machine_settings"


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("web_tiles = maybe", None),
        ("web_tile = false", "web_tile"),
        ("web_tiles = 'no'", "web_tiles"),
    ],
)
def test_an_invalid_machine_setting_is_refused_by_name(
    machine: dict[str, str], tmp_path: Path, text: str, setting: str | None
) -> None:
    file = tmp_path / "zoneplanner/machine.toml"
    file.write_text(text, encoding="utf-8")
    done = run_python(machine, "-m", "zoneplanner", "info", str(tmp_path / "a.gpkg"), "--json")
    refusal = json.loads(done.stdout)
    assert done.returncode == 2
    assert (refusal["code"], refusal["facts"]["file"]) == ("machine_settings", str(file))
    assert refusal["facts"].get("setting") == setting


_TILES_AND_NEWS = """
from zoneplanner.app.desk.settings import read_news
from zoneplanner.app.geography.web_tiles import list_tile_providers
print(len(list_tile_providers()), read_news("0.4.0"), sep="|")
"""


@pytest.mark.parametrize(
    ("newest", "said"),
    [
        ("0.4.1\nOn the share, folder Planner.\n", "0.4.1. On the share, folder Planner."),
        ("0.4.0\nOn the share.\n", ""),
        ("0.10.0", "0.10.0."),
        ("soon", ""),
        (None, ""),
    ],
)
def test_machine_settings_turn_off_tiles_and_announce_new_versions(
    machine: dict[str, str], tmp_path: Path, newest: str | None, said: str
) -> None:
    news = tmp_path / "newest.txt"
    if newest is not None:
        news.write_text(newest, encoding="utf-8")
    (tmp_path / "zoneplanner/machine.toml").write_text(
        f'web_tiles = false\nnews_file = "{news}"\n', encoding="utf-8"
    )
    done = run_python(machine, "-c", _TILES_AND_NEWS)
    assert done.stdout.rstrip("\n") == f"0|{said}"
