"""Packaging scripts for systems that no test runs on."""

import os
import plistlib
import re
import runpy
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from PIL import IcnsImagePlugin, IcoImagePlugin, Image

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
SECTIONS = {
    "Setup": set(),
    "Files": {"Source", "DestDir"},
    "InstallDelete": {"Type", "Name"},
    "Icons": {"Name", "Filename"},
    "Run": {"Filename"},
}
"""The Inno Setup sections we use, and what each entry requires."""


def test_the_mac_application_has_a_property_list() -> None:
    script = (PACKAGING / "macos/make_dmg.sh").read_text(encoding="utf-8")
    found = re.search(r"<<END\n(.*?)\nEND\n", script, re.DOTALL)
    assert found is not None
    info = plistlib.loads(found[1].replace("$version", VERSION).encode())
    assert info["CFBundleShortVersionString"] == VERSION
    assert info["NSHighResolutionCapable"] is True
    assert info["CFBundleExecutable"] == "zoneplanner"


def test_icons_have_the_sizes_that_windows_and_macos_need(tmp_path: Path) -> None:
    runpy.run_path(str(PACKAGING / "icons.py"))["write_icons"](tmp_path)
    with Image.open(tmp_path / "zoneplanner.ico") as windows:
        assert isinstance(windows, IcoImagePlugin.IcoImageFile)
        sizes = windows.ico.sizes()
        assert {(16, 16), (32, 32), (48, 48), (256, 256)} <= sizes
        for size in sizes:
            shown = windows.ico.getimage(size).convert("RGBA")
            assert shown.getpixel((0, 0)) == (0, 0, 0, 0)  # corners are transparent
            red, green, blue, opacity = shown.getpixel((size[0] * 3 // 4, size[1] // 4))  # type: ignore[misc]
            assert opacity == 255 and red > blue, "the orange zone"
            assert green < 255
    with Image.open(tmp_path / "zoneplanner.icns") as mac:
        assert isinstance(mac, IcnsImagePlugin.IcnsImageFile)
        assert (512, 512, 2) in mac.icns.itersizes()


def test_windows_installer_entries_are_complete() -> None:
    script = (PACKAGING / "windows/zoneplanner.iss").read_text(encoding="utf-8")
    section, entries = "", dict[str, list[dict[str, str]]]()
    for line in script.splitlines():
        text = line.strip()
        if not text or text.startswith((";", "#")):
            continue
        if heading := re.fullmatch(r"\[(\w+)\]", text):
            section = heading[1]
            entries[section] = []
            continue
        if section == "Setup":
            assert re.fullmatch(r"\w+=.+", text), text
            name, _, value = text.partition("=")
            entries[section].append({name: value})
            continue
        parts = re.findall(r'(\w+): ("[^"]*"|[^;"]+)(?:; |$)', text)
        assert "; ".join(f"{name}: {value}" for name, value in parts) == text
        entries[section].append(dict(parts))
    assert entries.keys() == SECTIONS.keys()
    for name, needed in SECTIONS.items():
        assert entries[name] and all(needed <= one.keys() for one in entries[name])
    setup = {name: value for one in entries["Setup"] for name, value in one.items()}
    assert setup["AppVersion"] == "{#Version}"
    assert (PACKAGING / "windows" / setup["LicenseFile"].replace("\\", "/")).is_file()
    assert setup["PrivilegesRequiredOverridesAllowed"] == "commandline dialog"


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
def test_a_release_stops_if_the_tag_does_not_match_the_version() -> None:
    flow = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    (line,) = re.findall(r'run: (test "\$GITHUB_REF_NAME".+)', flow)
    for tag, status in ((f"v{VERSION}", 0), (VERSION, 1), (f"v{VERSION}.1", 1)):
        done = subprocess.run(
            ["sh", "-c", line], cwd=ROOT, env={**os.environ, "GITHUB_REF_NAME": tag}, check=False
        )
        assert done.returncode == status, tag


@pytest.mark.skipif(
    not (shutil.which("dpkg-deb") and shutil.which("objdump")), reason="needs dpkg-deb and objdump"
)
def test_the_debian_package_depends_on_the_glibc_it_needs(
    tmp_path: Path,
) -> None:
    shutil.copytree(PACKAGING / "linux", tmp_path / "packaging/linux")
    for name in ("pyproject.toml", "LICENSE", "NOTICE", "CHANGELOG.md", "resources/icon.svg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    built = tmp_path / "dist/zoneplanner"
    built.mkdir(parents=True)
    program = Path(shutil.copy("/bin/sh", built / "zoneplanner"))
    subprocess.run(["sh", str(tmp_path / "packaging/linux/make_deb.sh")], check=True)
    (package,) = (tmp_path / "dist").glob("*.deb")
    asked = ["dpkg-deb", "--field", str(package), "Depends"]
    told = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    needed = {int(one) for one in re.findall(rb"GLIBC_2\.(\d+)", program.read_bytes())}
    assert re.findall(r"libc6 \(>= 2\.(\d+)\)", told) == [str(max(needed))]
