"""Refusals of the command line: one sentence, status 2, and the project unchanged."""

import errno
import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from

from zoneplanner import cli
from zoneplanner.cli.run import was_interrupted

AT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed project with two zones in one row."""
    file = tmp_path / "p.gpkg"
    create_store(file, project_from("AABB"), actor="test", at=AT).close()
    return file


BAD_CALLS = {
    "a negative seed": (["plan", "{p}", "--seed=-1"], "whole number"),
    "a seed in words": (["plan", "{p}", "--seed", "lucky"], "lucky"),
    "a weight that is no number": (
        ["plan", "{p}", "--keep-close-to", "Plan", "--weight", "nan"],
        "weight",
    ),
    "a negative weight": (["plan", "{p}", "--keep-close-to", "Plan", "--weight=-3"], "weight"),
    "a weight with nothing to keep close to": (["plan", "{p}", "--weight", "2"], "keep-close-to"),
    "a plan without a name": (["plan", "{p}", "--name", " "], "name"),
    "a time limit of 0": (["plan", "{p}", "--time-limit", "0"], "seconds"),
    "an abbreviated option": (["check", "{p}", "--pl", "Plan"], "--pl"),
    "a demo without time": (["demo", "--to", "{dir}/out", "--time-limit", "0"], "seconds"),
    "a demo of no length": (["demo", "--to", "{dir}/out", "--time-limit", "nan"], "seconds"),
    "nothing to publish": (
        ["publish", "{p}", "--to", "{dir}/out", "--audience", "staff", "--only", ","],
        "Choose what to publish",
    ),
    "no folder to publish to": (["publish", "{p}", "--to", "", "--audience", "staff"], "empty"),
    "no project": (["check", ""], "empty"),
    "a project by another ending": (["new", "{dir}/district.txt"], "district.txt.gpkg"),
    "a sample mark that is neither yes nor no": (
        ["log", "{p}", "visit", "site=r1c1", "sample=perhaps"],
        "perhaps",
    ),
    "a text review without a language": (["log", "{p}", "text_review"], "language="),
    "a void with a column that it does not have": (
        ["log", "{p}", "visit", "void=u", "reason=r", "note=x"],
        "note",
    ),
}


def test_ctrl_c_while_a_class_is_defined_is_no_program_error() -> None:
    class Stop:
        def __set_name__(self, owner: type, name: str) -> None:
            raise KeyboardInterrupt

    with pytest.raises(RuntimeError) as caught:
        type("Loaded", (), {"stop": Stop()})
    assert was_interrupted(caught.value)
    assert not was_interrupted(ValueError("a bug"))


@pytest.mark.parametrize("case", BAD_CALLS)
def test_an_invalid_command_is_refused_and_changes_nothing(
    case: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args, word = BAD_CALLS[case]
    before = path.read_bytes()
    filled = [arg.format(p=path, dir=path.parent) for arg in args]
    assert cli.main([*filled, "--json"]) == 2
    out, err = capsys.readouterr()
    assert word in json.loads(out)["error"]
    assert "failed" not in err
    assert len(err.splitlines()) == 1
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


class _Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


class _Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_a_failed_write_of_the_output_is_reported(
    path: Path,
    json_option: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdout", _Full())
    assert cli.main(["check", str(path), *json_option]) == 2
    assert capsys.readouterr().err == "The output cannot be written: No space left on device.\n"


def test_a_refusal_on_a_full_disk_is_still_one_sentence(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", _Full())
    assert cli.main(["check", str(path), "--plan", "Nope", "--json"]) == 2
    assert "Nope" in capsys.readouterr().err


@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_a_closed_pipe_is_not_a_failure(
    path: Path,
    json_option: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdout", _Gone())
    assert cli.main(["check", str(path), *json_option]) == 0
    assert capsys.readouterr().err == ""


def test_an_ascii_terminal_gets_the_answer(path: Path) -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    command = [sys.executable, "-m", "zoneplanner", "info", str(path)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert path.stem in done.stdout


def test_a_new_file_with_too_long_a_name_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["new", str(tmp_path / f"{'x' * 300}.gpkg"), "--empty"]) == 2
    assert "File name too long" in capsys.readouterr().err


def test_a_project_in_a_path_of_over_260_characters_works(path: Path, tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*(letter * 50 for letter in "abcdef"))
    deep.mkdir(parents=True)
    far = path.rename(deep / path.name)
    assert len(str(far)) > 260
    assert cli.main(["log", str(far), "visit", "site=r1c1", "unit=A"]) == 0
    assert cli.main(["backup", str(far), "--to", str(deep / "copy.gpkg")]) == 0
    assert cli.main(["export", str(far), "--as", "csv", "--to", str(deep / "sites.csv")]) == 0
    assert cli.main(["verify", str(deep / "copy.gpkg")]) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
def test_a_file_with_an_undecodable_name_works(path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(path.parent) + b"/caf\xe9.gpkg"))
    path.rename(odd)
    assert cli.main(["log", str(odd), "visit", "site=r1c1", "unit=A"]) == 0
    assert cli.main(["backup", str(odd), "--to", str(odd.with_name("copy.gpkg"))]) == 0
    assert cli.main(["verify", str(odd)]) == 0
    assert cli.main(["restore", str(odd), "--json"]) == 0


@pytest.mark.parametrize("command", ["district", "check", "set", "log", "units"])
def test_a_wrong_option_points_to_the_help_of_its_command(
    command: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([command, str(path), "--no-such-option", "1"]) == 2
    assert f"zoneplanner {command} --help" in capsys.readouterr().err
