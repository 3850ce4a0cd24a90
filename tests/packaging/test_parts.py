"""What goes out with the planner: a text for each part, a bill of materials, pins with hashes."""

import hashlib
import json
import re
import runpy
import subprocess
import sys
import tomllib
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
TOOL = runpy.run_path(str(ROOT / "packaging/parts.py"))


def test_each_part_brings_the_text_of_its_licence_or_one_is_known() -> None:
    parts = TOOL["list_parts"]()
    assert len(parts) > 40
    without = [
        name
        for name, part in parts.items()
        if not TOOL["list_texts"](part)
        and name not in TOOL["_SAID_ONLY"]
        and not TOOL["list_common_texts"](TOOL["name_licence"](name, part))
    ]
    assert without == []


def test_each_library_that_a_wheel_carries_is_known_by_name() -> None:
    libraries = TOOL["list_carried_libraries"](TOOL["list_parts"]().values())
    if sys.platform == "linux":
        assert len(libraries) > 20
    assert [one.name for one in libraries if TOOL["find_library_text"](one) is None] == []


def test_a_part_without_a_text_is_named(tmp_path: Path) -> None:
    bare = tmp_path / "nameless-1.0.dist-info"
    bare.mkdir()
    (bare / "METADATA").write_text("Metadata-Version: 2.1\nName: nameless\nVersion: 1.0\n")
    part = PathDistribution(bare)
    assert "nameless" in TOOL["collect_texts"]({"nameless": part}, tmp_path / "texts")


def test_the_bill_of_materials_lists_every_part_with_version_and_licence() -> None:
    parts = TOOL["list_parts"]()
    bill = json.loads(TOOL["write_bill"](parts))
    listed = {one["name"]: one for one in bill["components"]}
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert listed.keys() == {"CPython", *parts}
    assert listed["shapely"]["version"] == parts["shapely"].version
    assert all(one["licenses"][0]["license"]["name"] for one in listed.values() if "purl" in one)


def read_pins(file: Path) -> dict[str, str]:
    """Return the version of each pinned package."""
    pins = re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", file.read_text(encoding="utf-8"))
    return {TOOL["normalize"](name): version for name, version in pins}


def test_the_lock_has_the_pins_of_the_constraints_and_a_hash_for_each() -> None:
    lock = ROOT / "packaging/requirements.lock"
    locked, pinned = read_pins(lock), read_pins(ROOT / "constraints.txt")
    assert {name: locked[name] for name in locked if name in pinned} == {
        name: pinned[name] for name in locked if name in pinned
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {TOOL["normalize"](Requirement(one).name) for one in project["dependencies"]}
    assert wanted <= locked.keys()
    blocks = re.split(r"(?m)^(?=[\w.-]+==)", lock.read_text(encoding="utf-8"))
    assert [one[:40] for one in blocks if one.strip() and "--hash=sha256:" not in one] == []


@pytest.mark.long
def test_two_wheels_of_one_commit_are_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for folder in (tmp_path / "a", tmp_path / "b"):
        pip = [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", "-w", str(folder), str(ROOT)], check=True)
        (wheel,) = folder.glob("*.whl")
        digests.add(hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert len(digests) == 1
