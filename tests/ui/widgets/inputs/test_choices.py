"""A choice shows its whole text if it fits, and an ellipsis otherwise."""

from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox, make_choice_box


def read_shown_text(box: ChoiceBox) -> str:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    return option.currentText


def test_text_is_whole_at_its_own_width_and_elided_below(looks: QApplication, qtbot: QtBot) -> None:
    for words in ("2027-28", "Sites", "Not recorded", "Compared with the step before"):
        plain, marked = make_choice_box({1: words}), ChoiceBox()
        marked.addItem(QIcon(QPixmap(16, 16)), words)
        for box in (plain, marked):
            qtbot.addWidget(box)
            box.resize(box.sizeHint())
            assert read_shown_text(box) == words
            box.resize(box.sizeHint().width() - 12, box.height())
            assert read_shown_text(box).endswith("…") and words.startswith(
                read_shown_text(box)[:-1]
            )


def test_an_open_list_shows_whole_rows(looks: QApplication, qtbot: QtBot) -> None:
    for count in (2, 4, 12):
        box = make_choice_box({at: f"Row {at}" for at in range(count)})
        qtbot.addWidget(box)
        box.show()
        for _ in range(2):
            box.showPopup()
            view = box.view()
            qtbot.waitUntil(view.isVisible)
            QApplication.processEvents()
            last = view.visualRect(box.model().index(count - 1, 0))
            assert view.viewport().rect().contains(last) and last.height() >= 24, count
            assert view.verticalScrollBar().maximum() == 0
            box.hidePopup()
