"""What whoever looks after a computer sets, as the window shows it."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from zoneplanner.app.projects.open_project import create_project
from zoneplanner.ui.shell.application_window import ApplicationWindow


@pytest.mark.parametrize("newest", ["99.0.0", "0.0.1"])
def test_a_newer_version_is_told_at_the_start_where_the_computer_says_so(
    planner: ApplicationWindow,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    newest: str,
) -> None:
    news, folder = tmp_path / "newest.txt", tmp_path / "zoneplanner"
    folder.mkdir()
    news.write_text(f"{newest}\nOn the share.", encoding="utf-8")
    (folder / "machine.toml").write_text(f'news_file = "{news}"\n', encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path))
    project = tmp_path / "district.gpkg"
    create_project(project, empty=True).close()
    with qtbot.waitSignal(planner.started, timeout=20_000):
        planner.hide()
        planner.start(project)
        planner.show()
    assert planner.main is not None
    told = f"{newest}. On the share." in planner.main.desk.notices.text.text()
    assert told is (newest == "99.0.0")
