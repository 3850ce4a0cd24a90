"""Shipped with the planner: license texts, a bill of materials and pins with hashes."""

import hashlib
import json
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PathDistribution, distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
TOOL = runpy.run_path(str(ROOT / "packaging/license_texts.py"))
CARRIED_ON_WINDOWS = """
bz2-1342.dll libexpat-89c5.dll lz4-a40b.dll z-071d.dll libcrypto-3-x64-2e8f.dll libpq-b5fb.dll
libssl-3-x64-d878.dll gdal-9fa6.dll geos-bda2.dll geos_c-0596.dll geotiff-0f08.dll iconv-2-ec64.dll
jpeg62-c79c.dll json-c-23e4.dll Lerc-c10f.dll libcurl-c369.dll liblzma-72d8.dll libpng16-51f4.dll
libxml2-3983.dll minizip-09a8.dll proj_9-6329.dll qhull_r-a825.dll spatialite-d8c2.dll
sqlite3-a62e.dll tiff-bb81.dll zlib1-9b02.dll
"""
CARRIED_ON_MACOS = """
libbrotlicommon.1.2.0.dylib libbrotlidec.1.2.0.dylib liblcms2.2.dylib libpng16.16.dylib
libxcb.1.1.0.dylib libjpeg.62.4.0.dylib libfreetype.6.dylib libharfbuzz.0.dylib libsharpyuv.0.dylib
libopenjp2.2.5.4.dylib libavif.16.4.2.dylib libz.1.3.1.zlib-ng.dylib libwebp.7.dylib libXau.6.dylib
libwebpmux.3.dylib libwebpdemux.2.dylib liblzma.5.dylib libtiff.6.dylib libcom_err.3.0.dylib
libldap.2.dylib libpq.5.dylib libssl.3.dylib libcrypto.3.dylib libgssapi_krb5.2.2.dylib
liblber.2.dylib libkrb5.3.3.dylib libkrb5support.1.1.dylib libk5crypto.3.1.dylib
libgdal.38.3.12.4.dylib libproj.25.9.5.1.dylib libzstd.1.5.7.dylib libgcc_s.1.1.dylib
libgeos.3.14.1.dylib libgeos_c.1.20.5.dylib
"""
"""Libraries in the wheels for two other systems on 2026-11-28, with shortened hashes."""


def test_every_part_has_a_license_text() -> None:
    parts = TOOL["list_parts"]()
    assert len(parts) > 40
    without = [
        name
        for name, part in parts.items()
        if not TOOL["list_texts"](part)
        and name not in TOOL["_WITHOUT_TEXT"]
        and not TOOL["list_common_texts"](TOOL["name_license"](name, part))
    ]
    assert without == []


def test_every_library_bundled_in_a_wheel_is_known() -> None:
    libraries = TOOL["list_carried_libraries"](TOOL["list_parts"]().values())
    if sys.platform == "linux":
        assert len(libraries) > 20
    elsewhere = [*CARRIED_ON_WINDOWS.split(), *CARRIED_ON_MACOS.split()]
    unknown = [one for one in (*libraries, *elsewhere) if TOOL["find_library_text"](one) is None]
    assert unknown == []
    assert TOOL["find_library_text"]("libzither.so") is None


def test_a_part_without_a_license_text_is_reported(tmp_path: Path) -> None:
    bare = tmp_path / "nameless-1.0.dist-info"
    bare.mkdir()
    (bare / "METADATA").write_text("Metadata-Version: 2.1\nName: nameless\nVersion: 1.0\n")
    part = PathDistribution(bare)
    assert "nameless" in TOOL["collect_texts"]({"nameless": part}, tmp_path / "texts")


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="needs Debian's license texts")
def test_system_libraries_need_license_texts_and_gpl_ones_are_refused(
    tmp_path: Path,
) -> None:
    inside = tmp_path / "_internal"
    inside.mkdir()
    fortran = next(
        file.name
        for file in distribution("numpy").files or ()
        if file.name.startswith("libgfortran")
    )
    (inside / "numpy.libs").mkdir()
    (inside / "numpy.libs" / fortran).write_bytes(b"bundled by a wheel with its own license text")
    for name in ("libfontconfig.so.1", "libreadline.so.8", "libzither.so.1"):
        (inside / name).write_bytes(name.encode())
    command = [sys.executable, str(ROOT / "packaging/license_texts.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "libreadline.so.8" in done.stderr and "libzither.so.1" in done.stderr
    assert "libfontconfig" not in done.stderr
    (text,) = (tmp_path / "licenses/libraries").glob("*fontconfig*/copyright")
    assert text.stat().st_size > 500
    bill = json.loads((tmp_path / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert "libgfortran" in {one["name"] for one in bill["components"]}
    (listed,) = (one for one in bill["components"] if one["name"] == "libfontconfig")
    assert listed["hashes"][0]["content"] == hashlib.sha256(b"libfontconfig.so.1").hexdigest()
    assert listed["purl"].startswith("pkg:deb/debian/libfontconfig1@")


def test_the_bill_of_materials_lists_every_part_with_version_and_license() -> None:
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


def test_the_lock_file_matches_the_constraints_and_has_hashes() -> None:
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


def test_an_audit_considers_only_the_pinned_version() -> None:
    pages: dict[str, Any] = {
        "sound": {"info": {"version": "2.0"}, "vulnerabilities": []},
        "weak": {
            "info": {"version": "1.1"},
            "vulnerabilities": [
                {"id": "PYSEC-1", "withdrawn": None},
                {"id": "PYSEC-2", "withdrawn": "2026-01-01T00:00:00Z"},
            ],
        },
        "older": {"info": {"version": "3.0"}, "vulnerabilities": []},
    }
    judge = runpy.run_path(str(ROOT / "packaging/audit.py"))["check_pins"]
    weak, unasked = judge({"sound": "2.0", "weak": "1.1", "older": "2.9"}, pages.__getitem__)
    assert weak == {"weak 1.1": ["PYSEC-1"]}
    assert [one.split()[0] for one in unasked] == ["older"]


@pytest.mark.long
def test_two_wheels_of_one_commit_are_identical(tmp_path: Path) -> None:
    digests = set()
    for folder in (tmp_path / "a", tmp_path / "b"):
        pip = [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", "-w", str(folder), str(ROOT)], check=True)
        (wheel,) = folder.glob("*.whl")
        digests.add(hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_provenance_is_written_only_for_a_clean_checkout(
    tmp_path: Path,
) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "packaging").mkdir(parents=True)
    for name in (
        ".gitignore",
        "constraints.txt",
        *(f"packaging/{n}" for n in ("license_texts.py", "provenance.py", "requirements.lock")),
    ):
        shutil.copy(ROOT / name, checkout / name)
    git = ["git", "-C", str(checkout), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "All of it"]):
        subprocess.run([*git, *words], check=True)
    built = tmp_path / "planner.whl"
    built.write_bytes(b"a wheel")
    command = [sys.executable, "packaging/provenance.py", str(built)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    digest = hashlib.sha256(b"a wheel").hexdigest()
    assert told["subject"] == [{"name": "planner.whl", "digest": {"sha256": digest}}]
    taken = told["predicate"]["buildDefinition"]["resolvedDependencies"]
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert taken[0]["digest"] == {"gitCommit": head.stdout.strip()}
    assert {*TOOL["list_parts"](), "constraints.txt"} <= {one["name"] for one in taken}
    (checkout / "constraints.txt").write_text("other pins", encoding="utf-8")
    refused = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
