"""What `make dist` builds: a wheel with its data, and a program that needs no Python."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.long


def test_the_wheel_contains_all_data_files(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "-w", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("gis_data", "resources"):
        kept = [
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        ]
        assert [name for name in kept if f"zoneplanner/bundle/{name}" not in names] == []
    made = {"Inter-Regular.ttf", "Inter-SemiBold.ttf", "OFL.txt"}
    assert {f"zoneplanner/bundle/resources/fonts/{name}" for name in made} <= names
    storage = (ROOT / "zoneplanner/storage").rglob("*")
    texts = [path for path in storage if path.suffix in (".sql", ".txt")]
    schemas = [path.relative_to(ROOT).as_posix() for path in texts]
    assert len(schemas) > 10 and [name for name in schemas if name not in names] == []


@pytest.mark.skipif(not shutil.which("objdump"), reason="PyInstaller needs binutils")
def test_the_bundled_program_runs_the_demo_without_python(tmp_path: Path) -> None:
    pytest.importorskip("PyInstaller", reason="installed by make dist")
    build = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"]
    places = ["--distpath", str(tmp_path / "dist"), "--workpath", str(tmp_path / "build")]
    subprocess.run([*build, *places, str(ROOT / "packaging/zoneplanner.spec")], check=True)
    program = tmp_path / "dist/zoneplanner/zoneplanner"
    bare = {"HOME": str(tmp_path), "PATH": os.defpath, "QT_QPA_PLATFORM": "offscreen"}
    out = tmp_path / "out"
    done = subprocess.run(
        [str(program), "demo", "--to", str(out), "--time-limit", "3"],
        env=bare,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names = {path.name for path in out.rglob("*")}
    assert {"San Juan Unified.gpkg", "map.html", "atlas.pdf", "window.png", "data"} <= names
