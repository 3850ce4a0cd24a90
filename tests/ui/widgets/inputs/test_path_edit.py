"""A field for a path, as it is seen and edited, and where a file dialog begins."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from zoneplanner.ui.widgets.inputs.file_dialogs import PathEdit, new_file_dialog

PATH = "/home/coordinator/Documents/Safe Schools/San Juan Unified handouts"


def test_a_long_path_shows_its_last_parts_and_keeps_its_text(qtbot: QtBot) -> None:
    field = PathEdit(PATH)
    qtbot.addWidget(field)
    advance = field.fontMetrics().horizontalAdvance
    assert field.shorten(advance(PATH) + 1) == PATH
    assert (
        field.shorten(advance("…/San Juan Unified handouts") + 12) == "…/San Juan Unified handouts"
    )
    assert field.shorten(advance("…juan")).startswith("…")
    field.resize(advance("…/San Juan Unified handouts") + 40, 28)
    like = PathEdit("…/San Juan Unified handouts")
    qtbot.addWidget(like)
    like.resize(field.size())
    for one in (like, field):
        one.show()
    assert field.grab().toImage() == like.grab().toImage()
    assert field.text() == PATH


def test_a_missing_folder_opens_the_dialog_in_its_nearest_existing_parent(
    tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = new_file_dialog(None, "Today", "PDF (*.pdf)", tmp_path / "Documents" / "a" / "day.pdf")
    qtbot.addWidget(dialog)
    assert Path(dialog.directory().absolutePath()) == tmp_path
