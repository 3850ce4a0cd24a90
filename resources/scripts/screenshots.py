"""Draws the pictures of README and handbook from real data; `make screenshots` calls this."""

import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pypdfium2
from contact_states import open_in_class
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from zoneplanner.app.desk.settings import Settings
from zoneplanner.app.log.logbook import list_drills, log_record
from zoneplanner.app.projects.sample_data import add_sample_officers
from zoneplanner.app.roster import schedule
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import build_school_year
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.readiness.after_action_forms import AfterActionDialog
from zoneplanner.ui.readiness.drill_form import DrillDialog
from zoneplanner.ui.shell.application_window import ApplicationWindow
from zoneplanner.ui.shell.garbage_collection import GarbageCollector
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.style.theme import THEMES

PICTURES = Path(__file__).resolve().parents[1] / "pictures"
SIZE = (1280, 800)
SETTLE_MS = 400


def show_as_opened(_window: MainWindow) -> None:
    """Leave the window as it opens."""


def show_themes(window: MainWindow) -> None:
    """Show the layers with sites colored by expected response; a card would hide the map."""
    window.area.show_layers()
    choose = window.themes.subject
    choose.setCurrentIndex(choose.findData("response"))
    choose.activated.emit(choose.currentIndex())


def show_comparison(window: MainWindow) -> None:
    """Compare the even split with the short one under a swipe."""
    window.desk.actions["compare"].trigger()


def show_publishing(window: MainWindow) -> None:
    """Show the audience, the documents and a page's preview."""
    window.desk.actions["handout"].trigger()
    page = window.stage.boards["publish"]
    for _ in range(100):
        QTest.qWait(50)
        if page.preview.view.showing:
            return


def show_shifts(window: MainWindow) -> None:
    """Show a proposed roster of sample officers."""
    session = window.desk.session
    if not session.project.officers:
        session.apply("Sample officers", lambda one: add_sample_officers(one, session.today))
    before, monday = session.project, session.today - timedelta(days=session.today.weekday())
    last = monday + timedelta(days=13)
    schedule.save_roster(
        session, before, schedule.draft_roster(before, monday, last, now=session.clock())
    )
    window.desk.actions["go_shifts"].trigger()
    window.desk.notices.hide()


def show_coverage(window: MainWindow) -> None:
    """Show the coverage observed in the log, and what to expect with a unit away."""
    window.desk.actions["go_coverage"].trigger()
    QTest.qWait(SETTLE_MS)


STATES: Mapping[str, tuple[str, Callable[[MainWindow], None]]] = {
    "window.png": ("light", show_as_opened),
    "window-dark.png": ("dark", show_as_opened),
    "workspace-compare.png": ("light", show_comparison),
    "workspace-themes.png": ("dark", show_themes),
    "workspace-coverage.png": ("light", show_coverage),
    "workspace-shifts.png": ("light", show_shifts),
    "workspace-publish.png": ("light", show_publishing),
}


def show_optimizer(window: MainWindow) -> None:
    """Open the section that proposes zones."""
    window.frame.show_panel()
    for name, fold in window.left.folds.items():
        fold.open(name == "optimizer")


def show_log(window: MainWindow) -> None:
    """Log a call at a school."""
    window.desk.actions["go_log"].trigger()
    school = window.desk.session.project.site("Del Campo High").id
    log_record(
        window.desk.session,
        "incident",
        {"site": school, "type": "trespass", "priority": "2", "received_at": "now"},
    )
    window.desk.bridge.select(site=school)
    window.desk.notices.hide()


def log_sample_drills(session: Session) -> None:
    """Log some drills and reviews of the school year so far as sample entries."""
    if list_drills(session):
        return
    first = build_school_year(session.project.calendar, session.today).first
    for at, site in enumerate(session.project.patrolled):
        for month in range(1, 1 + at % 5):
            held = first.replace(month=first.month + month, day=20)
            if held < session.today:
                columns = {"site": site.id, "kind": "fire", "held_at": f"{held}T09:30"}
                log_record(session, "drill", {**columns, "minutes": "6", "sample": "yes"})
        if at % 4 == 0:
            columns = {"site": site.id, "stage": "drafted", "on": "today"}
            log_record(session, "review", {**columns, "sample": "yes"})


def show_readiness(window: MainWindow) -> None:
    """Show what is due."""
    log_sample_drills(window.desk.session)
    window.desk.notices.hide()
    window.desk.actions["go_readiness"].trigger()


def show_drill_form(window: MainWindow) -> None:
    """Open the form of an armed-assailant drill."""
    show_readiness(window)
    school = window.desk.session.project.site("Del Campo High").id
    DrillDialog(window.desk, school, kind="armed_assailant", parent=window).ask()


def show_after_action_form(window: MainWindow) -> None:
    """Open the form of an after-action review with an action."""
    show_readiness(window)
    window.desk.actions["log_after_action"].trigger()
    form = window.window().findChildren(AfterActionDialog)[-1]  # its parent is the outer window
    form.what.put("Lockdown in another district")
    form.parts["strengths"].put("Every door was locked within a minute.")
    row = form.add_action()
    row.text.put("Drill the lockdown of the gym")
    row.role.put("assistant principal")


def zoom_to_streets(window: MainWindow) -> None:
    """Show streets and their names."""
    view = window.findChild(MapView)
    assert view is not None
    view.zoom_by(2.6)
    QTest.qWait(SETTLE_MS * 8)


def draw_street_map(app: QApplication, project: Path) -> None:
    """Draw the window over the streets of a made-up county, in place of a real one."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
    from county import build_county, write_osm

    with tempfile.TemporaryDirectory() as folder:
        path = write_osm(build_county(), Path(folder) / "county.osm.pbf")
        words = ["import", str(project), str(path), "--as", "basemap"]
        subprocess.run([sys.executable, "-m", "zoneplanner", *words], check=True)
    draw(app, project, PICTURES / "street-map.png", "light", zoom_to_streets, wide_px=960)


HANDOUTS = (("atlas.pdf", 0), ("day-cards.pdf", 1), ("coverage.pdf", 0))
"""Pages of the demo's edition that README shows side by side."""
PAPER_PX, BETWEEN_PX = 416, 16


def draw_handouts(edition: Path) -> None:
    """Draw three printed pages side by side on a transparent ground, for both themes."""
    pages = []
    for name, at in HANDOUTS:
        with pypdfium2.PdfDocument(edition / name) as document:
            page = document[at]
            drawn = page.render(scale=PAPER_PX / page.get_width(), prefer_bgrx=True)
            image = QImage(
                *(drawn.buffer, drawn.width, drawn.height, drawn.stride), QImage.Format.Format_RGB32
            ).copy()
            page.close()
        pages.append(image)
    wide = sum(page.width() for page in pages) + BETWEEN_PX * (len(pages) - 1)
    whole = QImage(wide, max(page.height() for page in pages), QImage.Format.Format_ARGB32)
    whole.fill(Qt.GlobalColor.transparent)
    painter = QPainter(whole)
    painter.setPen(QColor(THEMES["light"].control_border))
    left = 0
    for page in pages:
        painter.drawImage(left, 0, page)
        painter.drawRect(left, 0, page.width() - 1, page.height() - 1)
        left += page.width() + BETWEEN_PX
    painter.end()
    whole.save(str(PICTURES / "handouts.png"))
    print(PICTURES / "handouts.png")


HANDBOOK: Mapping[str, Callable[[MainWindow], None]] = {
    "window": show_as_opened,
    "propose": show_optimizer,
    "compare": show_comparison,
    "log": show_log,
    "readiness": show_readiness,
    "drill": show_drill_form,
    "after-action": show_after_action_form,
}
"""The pictures of the handbook, each in light and in dark; a form is drawn without its window."""
HANDBOOK_PX = 720


def main() -> None:
    """Make the demo in a temporary folder and draw its window in each state."""
    PICTURES.mkdir(exist_ok=True)
    gc.disable()  # as in the program: no job's thread may free a Qt object
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    GarbageCollector(app)
    with tempfile.TemporaryDirectory() as folder:
        planner = [sys.executable, "-m", "zoneplanner"]
        subprocess.run([*planner, "demo", "--to", folder, "--time-limit", "60"], check=True)
        (project,) = Path(folder).glob("*.gpkg")
        draw_handouts(next(Path(folder).glob("own-*")))
        for name, (theme, prepare) in STATES.items():
            if prepare is show_comparison:
                even = ["plan", str(project), "--name", "Even load", "--tolerance", "0.03"]
                # ends with the proof, within seconds on an idle machine
                subprocess.run([*planner, *even, "--time-limit", "60"], check=True)
            draw(app, project, PICTURES / name, theme, prepare)
            print(PICTURES / name)
        for name, prepare in HANDBOOK.items():
            for theme, ending in (("light", ""), ("dark", "-dark")):
                picture = PICTURES / f"handbook-{name}{ending}.png"
                draw(app, project, picture, theme, prepare, wide_px=HANDBOOK_PX)
                print(picture)
        draw_street_map(app, project)


def draw(
    app: QApplication,
    project: Path,
    picture: Path,
    theme: str,
    prepare: Callable[[MainWindow], None],
    *,
    wide_px: int = SIZE[0],
) -> None:
    """Draw the window, or the form over it; this computer's settings are not used."""
    planner = ApplicationWindow(app, Settings(appearance=theme), lambda _: None)
    planner.resize(*SIZE)
    planner.show_session(open_in_class(project), project)
    planner.show()
    assert planner.main is not None
    app.processEvents()
    planner.main.show_workspace("plan")
    prepare(planner.main)
    QTest.qWait(SETTLE_MS)
    while planner.main.desk.jobs.running:
        QTest.qWait(SETTLE_MS)
    forms = [form for form in planner.findChildren(QDialog) if form.isVisible()]
    drawn = (forms[-1] if forms else planner).grab().toImage()
    if drawn.width() > wide_px:
        drawn = drawn.scaledToWidth(wide_px, Qt.TransformationMode.SmoothTransformation)
    drawn.save(str(picture))
    for form in forms:
        form.reject()
    planner.close()
    planner.deleteLater()


if __name__ == "__main__":
    main()
