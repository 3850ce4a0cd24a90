"""The handbook on the command line."""

import json
import re
from pathlib import Path

import pytest

from zoneplanner.app.help.handbook import PICTURE_MARKUP, load_handbook
from zoneplanner.bundled import program_version
from zoneplanner.cli.run import main

WORD = re.compile(r"\w+")


def test_help_shows_contents_pages_and_search_results(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help"]) == 0
    assert "Log a drill" in capsys.readouterr().out
    assert main(["help", "drill"]) == 0
    shown = capsys.readouterr().out
    assert "armed-assailant" in shown
    assert "picture:" not in shown
    assert main(["help", "--search", "armed checklist", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["found"]
    assert found[0]["key"] == "drill"
    assert main(["help", "--search", "zebra"]) == 0
    assert "has nothing" in capsys.readouterr().out


def test_the_keyboard_page_lists_the_keys_of_the_window(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "keyboard"]) == 0
    shown = capsys.readouterr().out
    assert "Ctrl+O" in shown and "Open Project" in shown and "On the open incidents" in shown


def test_an_unknown_page_is_refused_with_suggestions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["help", "armed", "checklist"]) == 2
    assert "drill" in capsys.readouterr().err


def test_the_page_of_rules_shows_what_a_project_chose(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = str(tmp_path / "p.gpkg")
    assert main(["new", project, "--empty"]) == 0
    assert main(["rules", project, "--keep", "Visits=6"]) == 0
    capsys.readouterr()
    assert main(["help", "rules", "--project", project]) == 0
    assert "6 years" in capsys.readouterr().out
    assert main(["help", "rules"]) == 0
    assert "6 years" not in capsys.readouterr().out


def test_no_word_of_a_page_is_truncated(capsys: pytest.CaptureFixture[str]) -> None:
    for key in ("window", "desks", "backups"):
        assert main(["help", key]) == 0
        shown = set(WORD.findall(capsys.readouterr().out))
        text = PICTURE_MARKUP.sub("", load_handbook()[key].text)
        written = set(WORD.findall(re.sub(r"\]\([^)]*\)|^```.*$", "", text, flags=re.MULTILINE)))
        assert written - shown == set(), key


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.split() == ["zoneplanner", program_version()]
