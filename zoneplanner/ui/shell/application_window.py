"""The program's window: the open project or none, and what menus do around it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QLocale, QSize, QTimer, Signal
from PySide6.QtGui import QActionGroup, QCloseEvent, QScreen, QShowEvent
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QStackedWidget

from zoneplanner.app.desk import settings as desk_settings
from zoneplanner.app.desk.error_log import log_unexpected_error
from zoneplanner.app.desk.project_location import ProjectLocation, parse_location
from zoneplanner.app.desk.settings import Settings, read_news
from zoneplanner.bundled import program_version
from zoneplanner.domain.locale_formats import PREFERENCE_CHOICES, LocaleFormats, Preferences
from zoneplanner.errors import AccessDenied, Disconnected, ProgressReport, UserError
from zoneplanner.messages import render_message
from zoneplanner.ui.data.projects.shared_project_opener import RETRY_S, SharedProjectOpener
from zoneplanner.ui.shell.loading_screen import LoadingScreen
from zoneplanner.ui.shell.regional_formats import FORMAT_CHOICES, choose_formats
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file, find_free_path
from zoneplanner.ui.widgets.inputs.leave_question import LeaveQuestion
from zoneplanner.ui.widgets.layout.window_geometry import fit_rect_to_screen, fit_size_to_screen
from zoneplanner.ui.widgets.style import theme as themes

if TYPE_CHECKING:
    from zoneplanner.app.projects.row_repair import RowRepair, WholeCheck
    from zoneplanner.app.session.session import Session
    from zoneplanner.app.session.state import SessionChange
    from zoneplanner.storage import ServerAddress
    from zoneplanner.ui.data.projects.new_project import CreatedDistrict
    from zoneplanner.ui.shell.main_window import MainWindow

PROGRAM_TITLE = "Patrol Zone Planner"
_FIRST_SIZE, _LEAST_SIZE = QSize(1280, 800), QSize(960, 600)
_AS_DESKTOP = "system"
_APPEARANCES = {_AS_DESKTOP: "Match the desktop", **PREFERENCE_CHOICES["colors"]}
_DATES_TITLE = "Dates and Units"
_FILES = "Projects (*.gpkg)"
_CHECK_AFTER_MS = 1500
"""The window is at hand first; then the project is checked as a whole."""
_OTHER_DISTRICTS = ("new", "open", "open_shared")
"""Actions that lead from the bundled district to another one."""
_FIRST_STEP = (
    "San Juan Unified, with proposed zones. Try it: drag a school to another zone and watch load "
    "and travel change. Undo brings it back."
)
_ABOUT = (
    "{} {}\n\nPlans patrol zones for a school district's Safe Schools office.\n\n"
    "This is a planning aid. It is not a dispatch system or an emergency alert system, and it "
    "contains no criminal-justice information and no student records."
)


class ApplicationWindow(QStackedWidget):
    """The program's one window: first a skeleton, then the open project.

    ``started`` tells that the first project was opened, or refused.
    """

    started = Signal()

    def __init__(
        self,
        app: QApplication,
        settings: Settings,
        keep: Callable[[Settings], object],
        *,
        desktop: QLocale | None = None,
    ) -> None:
        super().__init__()
        self._desktop = desktop or QLocale.system()
        self._app = app
        self._keep = keep
        self.settings = settings
        self._office = Preferences()
        self.theme = themes.choose_theme(self.settings.appearance)
        themes.apply_theme(app, self.theme)
        app.styleHints().colorSchemeChanged.connect(self._follow_desktop)
        self.main: MainWindow | None = None
        self.path: ProjectLocation | None = None
        self._leaves = False
        self._fresh: Session | None = None
        self._asked_address: ServerAddress | None = None
        self.skeleton = LoadingScreen(self.theme)
        self.addWidget(self.skeleton)
        self.opening = SharedProjectOpener(self)
        self.opening.opened.connect(self.show_session)
        self.opening.refused.connect(self._show_why_not_opened)
        self.opening.broke.connect(self._handle_failure)
        self.setWindowTitle(PROGRAM_TITLE)
        self._watched = False
        self.resize(_FIRST_SIZE)
        place = self.settings.window.get("place", "")
        placed = self.restoreGeometry(QByteArray.fromBase64(place.encode()))
        self.fit_screen(self.screen(), placed=placed)

    def fit_screen(self, screen: QScreen, *, placed: bool = True) -> None:
        """Take no more room than a screen has; ``placed`` where it also is to be within it."""
        room = screen.availableGeometry()
        self.setMinimumSize(fit_size_to_screen(_LEAST_SIZE, room))
        if not self.isMaximized() and not self.isFullScreen():
            if placed:
                self.setGeometry(fit_rect_to_screen(self.geometry(), room))
            else:
                self.resize(fit_size_to_screen(self.size(), room))

    def start(self, path: ProjectLocation | None) -> None:
        """Open the first project once its page is seen, and show a new desk around.

        A window that is not painted yet would stay black for as long as the opening takes.
        """
        self.skeleton.show_message("Opening…")
        self.skeleton.first_painted.connect(lambda: self._begin(path))

    def open_first(self, path: ProjectLocation | None) -> None:
        """Open the project named, else the last one, else a new one on the bundled district.

        A shared project that was the last is waited for; nothing else opens in its stead.
        """
        from zoneplanner.app.projects.backups import list_backups_of

        last = self.settings.find_last_project()
        try:
            lost = [Path(text) for text in self.settings.recent[:1] if text != last]
            if path is None and lost and list_backups_of(lost[0]):
                self.open_project(lost[0])  # says that it is gone, and offers its backups
                return
            chosen = path or (
                parse_location(last) if last else desk_settings.find_default_project()
            )
        except UserError as error:
            self._report_refusal(error, Path(last))
            return
        if path is None and isinstance(chosen, Path) and not chosen.exists():
            self.create_project(chosen)
        else:
            self.open_project(chosen)

    def open_project(self, path: ProjectLocation, *, read_only: bool = False) -> None:
        """Open a project in place of the one that is open; a refusal is shown."""
        if self._ask_before_leaving(lambda: self.open_project(path, read_only=read_only)):
            return
        if not isinstance(path, Path):
            self._open_shared(path)
            return
        title = f"Opening {path.stem}…"
        self._load(title, lambda: self._open_session(path, read_only=read_only), path)

    def continue_with_copy(self, copy: Path) -> None:
        """Open a copy in place of a project file that nothing can be saved to."""
        left = self.path.name if self.path is not None else ""
        self.open_project(copy)
        if self.main is not None and self.path == copy:
            self.main.desk.notices.show_notice(
                f"You are now working in “{copy.name}”. “{left}” will not change anymore.",
                sign="done",
                stays=True,
            )

    def create_project(self, path: Path, preset: str | None = None, *, empty: bool = False) -> None:
        """Make a project file, propose its first zones, and open it; a refusal is shown."""
        title = f"Setting up {path.stem}…"
        self._load(title, lambda: self._create_project(path, preset, empty), path)

    def show_session(self, session: "Session", path: ProjectLocation) -> None:
        """Show an open session in place of the one before, once that may go."""
        if self._ask_before_leaving(lambda: self.show_session(session, path), stay=session.close):
            return
        from zoneplanner.ui.shell.main_window import MainWindow

        self.opening.stop()
        if self.main is not None:
            self._keep_settings()
        self._close_project()
        kept = {key: text for key, text in self.settings.window.items() if key != "place"}
        recent = QMenu("Open Recent", self)
        recent.aboutToShow.connect(lambda: self._fill_recent(recent))
        self.path = path
        self._take_preferences(session.saved_project.preferences)
        session.formats = self._formats(session)
        appearance = self._appearances()
        self.main = MainWindow(session, self.theme, recent=recent, appearance=appearance, kept=kept)
        for menu in (recent, appearance):
            self.main.destroyed.connect(menu.deleteLater)
        self._connect(self.main)
        self.addWidget(self.main)
        self.setCurrentWidget(self.main)
        self.main.resize(self.size())
        first = "today" if _keeps_records(session) else kept.get("workspace", "plan")
        self.main.show_workspace(first)
        self.main.map.setFocus()
        self._show_title()
        self.main.status.following.changed.connect(self._show_title)
        from zoneplanner.ui.shell.permissions import bar_forbidden_actions

        why = bar_forbidden_actions(self.main.desk.actions, session)
        notice = " ".join(text for text in (session.store.notice, why) if text)
        if notice:
            damaged, actions = session.store.damaged, self.main.desk.actions
            offer, action = ("Review…", "external_changes") if session.external_rows else ("", "")
            offer, action = ("Backups…", "backups") if damaged else (offer, action)
            sign = "problem" if damaged else "info"
            tell = self.main.desk.notices.show_notice
            from zoneplanner.app.session.external_edits import list_external_details

            rows = list_external_details(session.saved_project, session.external)
            do = actions[action].trigger if action else None
            tell(notice, sign=sign, offer=offer, on_offer=do, stays=True, details=rows)
        QTimer.singleShot(_CHECK_AFTER_MS, self.main, self._check_whole_project)
        self.settings = self.settings.with_recent(path)
        self._keep_settings()
        if session is self._fresh:
            self._fresh = None
            QTimer.singleShot(0, self.main, self._first_steps)

    def _check_whole_project(self) -> None:
        """Check beside the work what opening did not look at, and say what is not whole."""
        from zoneplanner.app.projects.row_repair import check_whole_project, describe_findings

        if self.main is None:
            return  # the project was closed meanwhile
        desk = self.main.desk
        store = desk.session.store
        if store.damaged or desk.jobs.closed:
            return

        def tell(check: "WholeCheck") -> None:
            text = describe_findings(check)
            if not text:
                return
            details = {str(at): one.text for at, one in enumerate(check.found.findings, 1)}
            how: dict[str, Any] = {"sign": "problem", "stays": True, "details": details}
            how |= {"offer": "Backups…", "on_offer": desk.actions["backups"].trigger}
            if check.repair.proven and not store.read_only:
                how |= {"offer": "Put Back…", "on_offer": lambda: self._ask_repair(check.repair)}
            desk.notices.show_notice(text, **how)
            if self.main is not None and self.main.desk is desk:
                self.main.status.show_damage(text)

        def work(report: ProgressReport) -> "WholeCheck":
            return check_whole_project(
                store, lambda share, text: report(share, text.removeprefix("Checking "))
            )

        # a project that cannot be opened once more says so by itself with the next step
        desk.jobs.run("Checking", work, on_done=tell, on_failed=lambda _: None)

    def _ask_repair(self, repair: "RowRepair") -> None:
        """Show damaged rows beside what they were; once put back, the project is opened anew."""
        from zoneplanner.ui.data.projects.backups import RowRepairDialog

        place = self.path
        if self.main is not None and place is not None:
            desk = self.main.desk
            RowRepairDialog(desk, repair, lambda: self.open_project(place), self.main).ask()

    def set_appearance(self, name: str) -> None:
        """Take the light, dark or high-contrast theme, or the desktop's."""
        self.settings = replace(self.settings, appearance=name)
        self._apply_theme()
        self._keep_settings()

    def _apply_theme(self) -> None:
        """Show the colors that this desk chose, else those that its office prefers."""
        chosen = self.settings.appearance
        self.theme = themes.choose_theme(
            self._office.colors or chosen if chosen == _AS_DESKTOP else chosen
        )
        themes.apply_theme(self._app, self.theme, desktop_font=self._office.font == "desktop")
        self.skeleton.set_theme(self.theme)
        if self.main is not None:
            self.main.set_theme(self.theme)

    def _follow_desktop(self) -> None:
        """Go dark or light with the desktop, where this desk chose nothing else."""
        if self.settings.appearance == _AS_DESKTOP:
            self._apply_theme()

    def _take_preferences(self, office: Preferences) -> None:
        """Look as the office of the open project prefers, where this desk chose nothing else."""
        before, self._office = self._office, office
        if (before.colors, before.font) != (office.colors, office.font):
            self._apply_theme()

    def _follow_preferences(self, event: "SessionChange") -> None:
        office = event.after.saved_project.preferences
        if self.main is not None and office != self._office:
            self._take_preferences(office)
            self.main.set_formats(self._formats(self.main.desk.session))

    def set_dates(self, choice: str) -> None:
        """Write days, times and lengths in another way, from now on and in all that is open."""
        self.settings = replace(self.settings, dates=choice)
        if self.main is not None:
            self.main.set_formats(self._formats(self.main.desk.session))
        self._keep_settings()

    def _formats(self, session: "Session | None" = None) -> LocaleFormats:
        bundled = session is None or bool(session.project.preset)
        office = None if session is None else session.saved_project.preferences
        return choose_formats(
            self.settings.dates, bundled=bundled, desktop=self._desktop, office=office
        )

    def showEvent(self, event: QShowEvent) -> None:
        """Fit each screen that the window is moved to."""
        super().showEvent(event)
        handle = self.windowHandle()
        if handle is not None and not self._watched:
            self._watched = True
            handle.screenChanged.connect(partial(self.fit_screen, placed=False))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Write what waits, keep the window's state and let go of the project.

        Where what waits is refused the window stays, so that the refusal is read. Where work is
        under way, or entries wait for the server of a shared project, it is asked before.
        """
        if self._ask_before_leaving(self.close):
            event.ignore()
            return
        if not self._leaves and self._ask_to_leave():
            event.ignore()
            return
        self._keep_settings()
        self.opening.close()
        self._close_project()
        super().closeEvent(event)

    def handle_unexpected_error(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Handle what nobody expected: keep a log, tell it; the project is saved at each step."""
        if isinstance(error, KeyboardInterrupt):
            self.close()
            return
        if isinstance(error, UserError) and self.main is not None:
            self.main.desk.show_problem(error)
            return
        file = log_unexpected_error(error)
        text = "Something went wrong in the program. Your project is saved; you can continue."
        details = {"what": f"{kind.__name__}: {error}", "log": file}
        if self.main is not None:
            self.main.desk.notices.show_notice(text, sign="problem", details=details, stays=True)
        else:
            self.skeleton.show_message("The window could not be opened.", f"{text} Log: {file}")

    def _handle_failure(self, error: BaseException) -> None:
        self.handle_unexpected_error(type(error), error, None)

    def _ask_before_leaving(
        self, leave: Callable[[], object], stay: Callable[[], object] = lambda: None
    ) -> bool:
        """Write what waits and ask about work under way; True where the project stays for now."""
        if self.main is None:
            return False
        if not (self.main.desk.pending.write_now() and self.main.save_typed()):
            stay()
            return True
        from zoneplanner.ui.log.console.new_incident_form import (
            NewIncidentForm,
            ask_about_begun_call,
        )
        from zoneplanner.ui.log.response_actions.response_bar import ask_about_unrecorded_action
        from zoneplanner.ui.shell.unfinished_work import ask_about_unfinished_work

        if ask_about_unrecorded_action(self.main.response_bar, self, leave, stay=stay):
            return True
        if ask_about_begun_call(self.main.findChild(NewIncidentForm), self, leave, stay=stay):
            return True
        return ask_about_unfinished_work(self.main.desk.jobs, self, leave, stay=stay)

    def _begin(self, path: ProjectLocation | None) -> None:
        try:
            self.open_first(path)
            if self.main is not None:
                QTimer.singleShot(0, self.main, self.main.help_actions.welcome)
                if news := read_news(program_version()):
                    text = render_message("newer_program", {"news": news})
                    self.main.desk.notices.show_notice(text, stays=True)
        finally:
            self.started.emit()

    def _ask_to_leave(self) -> bool:
        """Say what waits on this desk before the window goes; True where there is a question."""
        if self.main is None:
            return False
        store = self.main.desk.session.store
        if store.stale:
            question = LeaveQuestion(
                self,
                "Quit",
                f"Nothing is being saved to “{store.name}”.",
                "Save a copy elsewhere first, or your latest changes may be lost.",
                stay="Save a copy elsewhere…",
            )
            question.stay.clicked.connect(self.main.desk.actions["save_copy"].trigger)
            leave = "Quit without a copy"
        elif waits := self.main.desk.session.describe_unsent_entries():
            question = LeaveQuestion(
                self,
                "Quit",
                f"{waits} to {store.name}, which cannot be reached now.",
                "Unsent entries are kept on this desk and sent the next "
                "time you start the program. "
                "Until then, other desks cannot see them.",
            )
            leave = "Quit"
        else:
            return False
        leaves = question.addButton(leave, QMessageBox.ButtonRole.AcceptRole)
        leaves.clicked.connect(self._leave)
        question.open()
        return True

    def _leave(self) -> None:
        self._leaves = True
        QTimer.singleShot(0, self, self.close)

    def _load(
        self,
        title: str,
        session_at: "Callable[[], tuple[Session, ProjectLocation]]",
        asked: ProjectLocation,
    ) -> None:
        self.skeleton.show_message(title)
        self.setCurrentWidget(self.skeleton)
        self.skeleton.repaint()
        try:
            session, path = session_at()
        except UserError as error:
            self.setCurrentWidget(self.main or self.skeleton)
            self._report_refusal(error, asked)
            return
        self.show_session(session, path)

    def _open_session(
        self, path: ProjectLocation, *, read_only: bool
    ) -> "tuple[Session, ProjectLocation]":
        from zoneplanner.app.projects.open_project import open_session

        if self.main is not None and path == self.path and self.main.desk.session.store.stale:
            self._close_project()  # else the new session would share what is stale in this process
        return open_session(path, read_only=read_only, stays=True), path

    def _open_shared(self, address: "ServerAddress") -> None:
        """Open a shared project beside the window, which shows what it waits for."""
        self._asked_address = address
        if self.main is not None:
            self.main.desk.notices.show_notice(f"Opening {address.name}…", stays=True)
        else:
            self._show_waiting(address, "Connecting…")
        self.opening.open(address)

    def _show_why_not_opened(self, error: UserError, address: "ServerAddress") -> None:
        """Say why a shared project does not open now, and what to do; it is tried again."""
        denied = isinstance(error, AccessDenied)
        if self._is_last_copy_open(address) and not denied:
            return  # it is tried again by itself
        if self.main is None and isinstance(error, Disconnected) and self._open_last_copy(address):
            return
        if self.main is not None:
            self.opening.stop()
            offer, do = "Try again", partial(self._open_shared, address)
            self.main.desk.notices.show_notice(
                error.message, sign="problem", offer=offer, on_offer=do, stays=True
            )
        else:
            again = "" if denied else f" Trying again every {RETRY_S} s."
            self._show_waiting(address, f"{error.message}{again}", denied=denied)
        if denied:
            self._ask_password(address, error.message)

    def _is_last_copy_open(self, address: "ServerAddress") -> bool:
        """True where what is shown stands in for a shared project whose server is away."""
        if self.main is None or self.path != address:
            return False
        store = self.main.desk.session.store
        return store.address == address and not store.online

    def _open_last_copy(self, address: "ServerAddress") -> bool:
        """Show this desk's last copy where there is one, and go on waiting for the server."""
        from zoneplanner.app.projects.open_project import open_last_copy

        try:
            session = open_last_copy(address)
        except UserError:  # a copy that cannot be read either helps nobody
            return False
        if session is None:
            return False
        self.show_session(session, address)
        self.opening.open(address)
        return True

    def _show_waiting(self, address: "ServerAddress", text: str, *, denied: bool = False) -> None:
        from zoneplanner.app.projects.open_project import describe_waiting_outbox

        ways: dict[str, Callable[[], object]] = {}
        if denied:
            ways["Enter the password…"] = partial(self._ask_password, address, text)
        ways |= {
            "Try now": partial(self._open_shared, address),
            "Open another project…": self._ask_open,
            "Another shared project…": self._ask_shared,
        }
        self.setWindowTitle(f"Waiting for {address.name} — {PROGRAM_TITLE}")
        waits = describe_waiting_outbox(address)
        title = f"Waiting for the shared project at {address.server}"
        self.skeleton.show_message(title, f"{text} {waits}".strip(), ways)

    def _ask_password(self, address: "ServerAddress", why: str) -> None:
        from zoneplanner.ui.data.projects.shared_project_dialogs import SharedPasswordDialog

        SharedPasswordDialog(address, why, self._open_with_password, self).ask()

    def _open_with_password(self, address: "ServerAddress") -> None:
        """Open a shared project at once; what the server refuses stays in the dialog."""
        from zoneplanner.app.projects.open_project import open_session

        session = open_session(address, stays=True)
        QTimer.singleShot(0, self, lambda: self.show_session(session, address))

    def _ask_shared(self) -> None:
        from zoneplanner.ui.data.projects.shared_project_dialogs import (
            ABOUT_OPENING_SHARED,
            SharedProjectDialog,
        )

        SharedProjectDialog(
            "Open Shared Project",
            "Open",
            ABOUT_OPENING_SHARED,
            self.open_project,
            self,
            typed=self._asked_address,
        ).ask()

    def _show_title(self) -> None:
        """Show which project is open; of a shared one where it is, as whom, and who is there."""
        if self.main is None:
            return
        session = self.main.desk.session
        if session.store.address is not None:
            from zoneplanner.app.projects.open_project import describe_shared_project

            present = self.main.status.following.present
            self.setWindowTitle(describe_shared_project(session, present))
            return
        mark = " (read-only)" if session.store.read_only else ""  # Qt adds a name that is not last
        self.setWindowTitle(f"{session.project.name}{mark} — {PROGRAM_TITLE}")

    def _create_project(
        self, path: Path, preset: str | None, empty: bool
    ) -> "tuple[Session, ProjectLocation]":
        from zoneplanner.app.plans.zone_proposals import add_first_plan
        from zoneplanner.app.projects import open_project

        path.parent.mkdir(parents=True, exist_ok=True)
        session = open_project.create_project(
            path, preset=preset or open_project.DEFAULT_PROJECT_PRESET, empty=empty
        )
        if not empty:
            add_first_plan(session)
            session.close()
            session = open_project.open_session(path)
            self._fresh = session
        return session, path

    def _first_steps(self) -> None:
        """Say what can be tried, and lead on: to the office's own data, or to another district."""
        if self.main is not None:
            actions = self.main.desk.actions
            setup, ways = actions["office_setup"], [actions[name] for name in _OTHER_DISTRICTS]
            self.main.desk.notices.show_notice(
                _FIRST_STEP,
                offer=setup.text(),
                on_offer=setup.trigger,
                others=("Another district", ways),
                stays=True,
            )
            self.main.map.fit()
            self.main.optimizer.start(quiet=True)

    def _report_refusal(self, error: UserError, place: ProjectLocation) -> None:
        """Tell why a project does not open, and offer what there is in its stead."""
        from zoneplanner.app.projects.backups import list_backups_of, needs_backup

        ways: dict[str, Callable[[], object]] = {}
        if "opens" in error.details:
            ways["Open read-only"] = partial(self.open_project, place, read_only=True)
        if (
            needs_backup(error)
            and isinstance(place, Path)
            and (place.is_file() or list_backups_of(place))
        ):
            ways["Restore a backup…"] = partial(self._ask_backup, place)
        if self.main is None:
            ways |= {"Open a project…": self._ask_open, "New project…": self._ask_new}
            text = self._formats().localize_sentence(error.message)
            self.skeleton.show_message("No project is open", text, ways)
            return
        offer = next(iter(ways), "")
        self.main.desk.notices.show_notice(
            error.message,
            sign="problem",
            offer=offer,
            on_offer=ways.get(offer),
            details=error.unsaid_details,
            stays=True,
        )

    def _ask_backup(self, path: Path) -> None:
        from zoneplanner.app.projects.backups import list_backups_of
        from zoneplanner.ui.data.projects.backups import BackupsDialog

        folder = (
            path.parent if path.parent.is_dir() else desk_settings.find_default_project().parent
        )
        BackupsDialog(list_backups_of(path), self._formats(), folder, self.open_project, self).ask()

    def _connect(self, main: "MainWindow") -> None:
        on = main.desk.actions.set_handler
        on("open", self._ask_open)
        main.state_changed.connect(self._keep_settings)
        main.desk.bridge.project_changed.connect(self._follow_preferences)
        main.read_only_banner.open_asked.connect(self.open_project)
        on("new", self._ask_new)
        on("open_shared", self._ask_shared)
        from zoneplanner.ui.data.projects.project_actions import ProjectActions

        desks = ProjectActions(main.desk, main, self.open_project, self.continue_with_copy)
        main.destroyed.connect(desks.deleteLater)
        main.status.following.changed.connect(desks.warn_if_stale)
        on("quit", self.close)
        on("about", lambda: self._show_about(main))
        on("log_folder", lambda: self._show_log(main))
        main.desk.jobs.failed.connect(self._handle_failure)

    def _show_about(self, main: "MainWindow") -> None:
        """Show what this program is, and what reads the project; a server may be away just now."""
        about = _ABOUT.format(PROGRAM_TITLE, program_version())
        with suppress(Disconnected):
            about += f"\n\nThe project is read with {main.desk.session.store.engine().words}."
        box = QMessageBox(self)
        box.setWindowTitle(PROGRAM_TITLE)
        box.setText(about)
        box.setStandardButtons(QMessageBox.StandardButton.Ok)
        licenses = box.addButton("Licenses", QMessageBox.ButtonRole.ActionRole)
        box.exec()
        if box.clickedButton() is licenses:
            main.help_actions.show_handbook("licenses")

    def _ask_open(self) -> None:
        known = self.path if isinstance(self.path, Path) else desk_settings.find_default_project()
        chosen = ask_file(self, "Open a project", _FILES, folder=known.parent)
        if chosen is not None:
            self.open_project(chosen)

    def _ask_new(self) -> None:
        from zoneplanner.app.projects.open_project import DEFAULT_PROJECT_PRESET
        from zoneplanner.exchange.presets.preset import list_presets
        from zoneplanner.ui.data.projects.new_project import NewProjectDialog

        NewProjectDialog(
            find_free_path(desk_settings.find_default_project()),
            list_presets(),
            DEFAULT_PROJECT_PRESET,
            self._create_asked,
            self,
            show=self._show_district,
            keep_off=self.main.desk.session.store.files if self.main is not None else (),
        ).ask()

    def _create_asked(self, path: Path, preset: str, empty: bool) -> None:
        """Create what the dialog asks for; a refusal stays in the dialog."""
        session, made = self._create_project(path, preset, empty)
        QTimer.singleShot(0, self, lambda: self.show_session(session, made))

    def _show_district(self, made: "CreatedDistrict") -> None:
        """Show a project of another district, and go on with its first file and the next steps."""
        self.show_session(made.session, made.path)
        if self.main is not None and self.main.desk.session is made.session:
            self.main.files.set_up_district(made.first)

    def _show_log(self, main: "MainWindow") -> None:
        file = desk_settings.find_error_log()
        if file.exists():
            main.desk.notices.open_file(file)
        else:
            main.desk.notices.show_notice("No errors have been logged on this desk.")

    def _fill_recent(self, menu: QMenu) -> None:
        from zoneplanner.app.projects.backups import list_backups_of

        menu.clear()
        for text in self.settings.recent:
            place = parse_location(text)
            action = menu.addAction(place.stem, partial(self.open_project, place))
            action.setToolTip(text)
            there = not isinstance(place, Path) or place.exists() or bool(list_backups_of(place))
            action.setEnabled(there and place != self.path)
        menu.setToolTipsVisible(True)

    def _appearances(self) -> QMenu:
        menu = QMenu("Appearance", self)
        _add_choices(menu, _APPEARANCES, self.settings.appearance, self.set_appearance)
        menu.addSection(_DATES_TITLE)
        _add_choices(menu, FORMAT_CHOICES, self.settings.dates, self.set_dates)
        return menu

    def _keep_settings(self) -> None:
        place = bytes(self.saveGeometry().toBase64().data()).decode()
        main, before = self.main, self.settings.window
        kept = dict(before) if main is None else main.collect_window_state()
        self.settings = replace(self.settings, window={**kept, "place": place})
        self._keep(self.settings)

    def _close_project(self) -> None:
        if self.main is None:
            return
        main, self.main = self.main, None
        main.close_project()
        self.removeWidget(main)
        main.deleteLater()


def _add_choices(
    menu: QMenu, texts: Mapping[str, str], chosen: str, choose: Callable[[str], object]
) -> None:
    """Add choices of which one is checked."""
    group = QActionGroup(menu)
    for key, text in texts.items():
        action = menu.addAction(text, partial(choose, key))
        action.setCheckable(True)
        action.setChecked(key == chosen)
        group.addAction(action)


def _keeps_records(session: "Session") -> bool:
    """Tell whether the office keeps shifts or a log yet: before that no day is worth a page."""
    return bool(session.saved_project.shifts or session.store.head().entries)
