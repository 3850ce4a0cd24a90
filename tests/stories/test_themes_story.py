"""A theme chosen at run time reaches every widget of every workspace and new dialog."""

from datetime import timedelta

import numpy as np
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QAction, QColor, QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QPushButton, QWidget

from zoneplanner.app.projects.sample_data import add_sample_officers
from zoneplanner.app.roster.schedule import prepare_shifts
from zoneplanner.ui.publish.page_preview import PageView
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.workspaces import WORKSPACES
from zoneplanner.ui.widgets.style import theme as themes

LEAST_PX, EVERY_PX = 16, 3
FILLED = 100
"""The saturation above which a ground counts as a button's fill."""

ROLES = ("text", "muted", "hint", "accent", "on_accent", "good", "warning", "late", "live")
ASKED = ("log_visit", "log_incident", "new_plan")


def choose(appearance: str, planner: ApplicationWindow) -> None:
    """Choose a theme in the menu."""
    assert planner.main is not None
    found = [one for one in planner.findChildren(QAction) if one.text() == appearance]
    found[-1].trigger()
    for _ in range(3):
        QApplication.processEvents()


def read_grounds(whole: QWidget) -> dict[str, QColor]:
    """Return the dominant color of each visible widget, by type and position."""
    shown = read_pixels(whole.grab().toImage())
    found = {}
    for widget in whole.findChildren(QWidget):
        if not widget.isVisible() or is_page(widget):
            continue
        seen = widget.visibleRegion().boundingRect()
        rect = QRect(widget.mapTo(whole, seen.topLeft()), seen.size()) & whole.rect()
        if rect.width() >= LEAST_PX and rect.height() >= LEAST_PX:
            name = f"{type(widget).__name__} {widget.objectName() or widget.accessibleName()}"
            found[f"{name} {rect.getRect()}"] = find_dominant_color(shown, rect)
    return found


def is_page(widget: QWidget) -> bool:
    """Whether a widget shows a printed page."""
    at: QWidget | None = widget
    while at is not None and not isinstance(at, PageView):
        at = at.parentWidget()
    return at is not None


def read_pixels(image: QImage, form: QImage.Format = QImage.Format.Format_RGB32) -> np.ndarray:
    """Return the colors of a picture as rows of numbers."""
    plain = image.convertToFormat(form)
    rows = np.frombuffer(plain.constBits(), np.uint32).reshape(plain.height(), -1)
    return rows[:, : plain.width()].copy()


def find_dominant_color(shown: np.ndarray, rect: QRect) -> QColor:
    part = shown[rect.top() : rect.bottom() : EVERY_PX, rect.left() : rect.right() : EVERY_PX]
    values, counts = np.unique(part, return_counts=True)
    return QColor(int(values[counts.argmax()]))


def list_wrong_grounds(whole: QWidget, theme: themes.Theme) -> list[str]:
    """Name the widgets with a ground of the wrong lightness, except filled buttons."""
    return [
        f"{name} is {ground.name()}"
        for name, ground in read_grounds(whole).items()
        if (ground.lightness() < 128) is not theme.dark and ground.hslSaturation() < FILLED
    ]


def list_dim_icons(whole: QWidget, theme: themes.Theme) -> list[str]:
    """Name the enabled buttons whose icon has no color of the theme."""
    own = {theme.color(role).name() for role in ROLES}
    dim = []
    for button in whole.findChildren(QAbstractButton):
        if button.isVisible() and button.isEnabled() and not button.icon().isNull():
            image = button.icon().pixmap(20, 20).toImage()
            argb = read_pixels(image, QImage.Format.Format_ARGB32)
            drawn = {QColor(int(one)).name() for one in np.unique(argb[argb >> 24 == 255])}
            if drawn and not drawn & own:
                dim.append(f"{button.accessibleName() or button.text()}: {sorted(drawn)[:3]}")
    return dim


def test_a_new_theme_reaches_every_widget(planner: ApplicationWindow, window: MainWindow) -> None:
    session = window.desk.session
    monday = session.today - timedelta(days=session.today.weekday())
    session.apply("Officers", lambda one: add_sample_officers(one, session.today))
    session.apply("Shifts", lambda one: prepare_shifts(one, monday, monday + timedelta(days=13)))
    choose("Dark", planner)
    for workspace in WORKSPACES:
        window.show_workspace(workspace)
        QApplication.processEvents()
        assert list_wrong_grounds(planner, themes.THEMES["dark"]) == [], workspace
        assert list_dim_icons(planner, themes.THEMES["dark"]) == [], workspace
    for action in ASKED:
        window.desk.actions[action].trigger()
        QApplication.processEvents()
        (dialog,) = (one for one in planner.findChildren(QDialog) if one.isVisible())
        assert list_wrong_grounds(dialog, themes.THEMES["dark"]) == [], action
        dialog.reject()
    choose("High contrast", planner)
    for workspace in WORKSPACES:
        window.show_workspace(workspace)
        QApplication.processEvents()
        assert list_wrong_grounds(planner, themes.THEMES["high contrast"]) == [], workspace
        assert list_dim_icons(planner, themes.THEMES["high contrast"]) == [], workspace
    choose("Light", planner)
    window.show_workspace("shifts")
    assert list_wrong_grounds(planner, themes.THEMES["light"]) == []


def test_the_default_button_is_filled_and_cancel_is_plain_without_an_icon(
    planner: ApplicationWindow, window: MainWindow
) -> None:
    window.desk.bridge.select(site=next(iter(window.desk.session.project.sites)))
    window.desk.actions["log_visit"].trigger()
    QApplication.processEvents()
    (dialog,) = (one for one in planner.findChildren(QDialog) if one.isVisible())
    theme, shown = themes.THEMES["light"], read_pixels(dialog.grab().toImage())
    looks = {}
    for button in dialog.findChildren(QPushButton):
        if button.isVisible():
            assert button.icon().isNull(), button.text()
            rect = QRect(button.mapTo(dialog, QPoint(0, 0)), button.size())
            looks[button.text()] = find_dominant_color(shown, rect).name()
    assert looks == {"Log it": QColor(theme.accent).name(), "Cancel": QColor(theme.raised).name()}
    dialog.reject()
