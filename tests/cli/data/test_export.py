"""The export command: files and rows listed, refusals."""

import json
from pathlib import Path

import pytest
from builders import create_store, project_from
from sentences import says

from zoneplanner.app.session.identity import get_utc_now
from zoneplanner.cli.run import main


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "p.gpkg"
    create_store(path, project_from("AAB / aab"), actor="p", at=get_utc_now()).close()
    return path


def test_files_and_rows_are_listed(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "out"
    args = ["export", str(project), "--as", "csv", "--to", str(to), "--layer", "sites"]
    assert main([*args, "--layer", "plan", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["rows"] == {"sites": 6, "plan": 6}
    assert sorted(answer["files"]) == [str(to / "plan.csv"), str(to / "sites.csv")]
    assert main([*args[:-2], "--as", "kml", "--to", str(tmp_path / "all.kml")]) == 0
    told = capsys.readouterr().out
    assert says(told, "exported", place=str(tmp_path / "all.kml"))
    assert "sites (6), zones (4)" in told


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--as", "dwg", "--to", "x"], "unknown_format"),
        (["--as", "csv"], "usage"),
        (["--as", "csv", "--to", "nowhere/deep/x.csv"], "cannot_write"),
        (["--as", "gpkg", "--to", "p.gpkg"], "project_itself"),
        (["--as", "csv", "--to", "x", "--layer", "cars"], "format_cannot_hold"),
        (["--as", "ics", "--to", "x.ics"], "no_final_shift"),
    ],
)
def test_an_impossible_export_is_refused(
    options: list[str],
    code: str,
    project: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(project.parent)
    assert main(["export", str(project), *options, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["code"] == code
    assert [path.name for path in project.parent.iterdir() if path.suffix != ".gpkg"] == []
