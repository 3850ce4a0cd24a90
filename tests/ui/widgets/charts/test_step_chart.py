"""The step chart: lines over time and the gap between them."""

from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.ui.widgets.charts.step_chart import StepChart, StepLine

COST, BOUND = QColor("#cc0000"), QColor("#00aa00")


def draw_chart(qtbot: QtBot, lines: list[StepLine]) -> QImage:
    chart = StepChart("Gap")
    qtbot.addWidget(chart)
    palette = chart.palette()
    palette.setColor(QPalette.ColorRole.Link, COST)
    palette.setColor(QPalette.ColorRole.LinkVisited, BOUND)
    chart.setPalette(palette)
    chart.resize(300, 120)
    chart.show_lines(lines, low=0.0, high=10.0, description="It closes.")
    assert chart.accessibleDescription() == "It closes."
    return chart.grab().toImage()


def find_color_rows(image: QImage, color: QColor, column: int) -> list[int]:
    return [y for y in range(image.height()) if image.pixelColor(column, y) == color]


def test_the_higher_value_is_drawn_above_the_lower_one(looks: QApplication, qtbot: QtBot) -> None:
    cost = StepLine("best", [(0.0, 10.0), (4.0, 9.0)])
    bound = StepLine("least", [(0.0, 1.0), (4.0, 2.0)], QPalette.ColorRole.LinkVisited)
    image = draw_chart(qtbot, [cost, bound])
    assert max(find_color_rows(image, COST, 60)) < min(find_color_rows(image, BOUND, 60))


def test_a_value_is_drawn_until_the_next_one(looks: QApplication, qtbot: QtBot) -> None:
    image = draw_chart(qtbot, [StepLine("best", [(0.0, 10.0), (2.0, 2.0), (4.0, 2.0)])])
    early, late = find_color_rows(image, COST, 20), find_color_rows(image, COST, 180)
    assert find_color_rows(image, COST, 60) == early
    assert min(late) > max(early)


def test_a_chart_without_lines_is_empty(looks: QApplication, qtbot: QtBot) -> None:
    image = draw_chart(qtbot, [])
    assert find_color_rows(image, COST, 60) == []
