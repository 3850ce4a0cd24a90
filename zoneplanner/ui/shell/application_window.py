"""The program's window, which opens, shows and closes projects."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QLocale, QSize, QTimer, Signal
from PySide6.QtGui import QActionGroup, QCloseEvent, QScreen, QShowEvent
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QStackedWidget

from zoneplanner.app.desk import settings as desk_settings
from zoneplanner.app.desk.error_log import log_unexpected_error
from zoneplanner.app.desk.project_location import ProjectLocation, parse_location
from zoneplanner.app.desk.settings import Settings, read_news
from zoneplanner.bundled import program_version
from zoneplanner.domain.locale_formats import PREFERENCE_CHOICES, LocaleFormats, Preferences
from zoneplanner.errors import AccessDenied, Disconnected, UserError
from zoneplanner.messages import Message, say_all
from zoneplanner.ui.data.projects.shared_project_opener import RETRY_S, SharedProjectOpener
from zoneplanner.ui.shell.loading_screen import LoadingScreen
from zoneplanner.ui.shell.regional_formats import FORMAT_CHOICES, choose_formats
from zoneplanner.ui.shell.unfinished_work import ask_about_unfinished_work
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
_INITIAL_SIZE, _MIN_SIZE = QSize(1280, 800), QSize(960, 600)
_LIKE_DESKTOP = "system"
_APPEARANCES = {_LIKE_DESKTOP: "Match the desktop", **PREFERENCE_CHOICES["colors"]}
_CHECK_AFTER_MS = 1500
"""The delay of the check of the whole project, so that the window responds first."""
_OTHER_DISTRICTS = ("new", "open", "open_shared")
"""Actions that replace the bundled district by another one."""
_FIRST_STEP = Message("first_step")
_ABOUT = (
    "{} {}\n\nPlans patrol zones for a school district’s Safe Schools office.\n\n"
    "This is a planning aid. It is not a dispatch system or an emergency alert system, and it "
    "contains no criminal-justice information and no student records."
)


class ApplicationWindow(QStackedWidget):
    """The program's only window, which shows a loading screen or the open project.

    ``save_settings`` stores the desk's settings. ``started`` is emitted when the first project was
    opened or could not be opened.
    """

    started = Signal()

    def __init__(
        self,
        app: QApplication,
        settings: Settings,
        save_settings: Callable[[Settings], object],
        *,
        desktop: QLocale | None = None,
    ) -> None:
        super().__init__()
        self._desktop = desktop or QLocale.system()
        self._app = app
        self._save_settings = save_settings
        self.settings = settings
        self._office = Preferences()
        self.theme = themes.choose_theme(self.settings.appearance)
        themes.apply_theme(app, self.theme)
        app.styleHints().colorSchemeChanged.connect(self._follow_desktop)
        self.main: MainWindow | None = None
        self.path: ProjectLocation | None = None
        self._is_leaving = False
        self._new_session: Session | None = None
        self._asked_address: ServerAddress | None = None
        self.skeleton = LoadingScreen(self.theme)
        self.addWidget(self.skeleton)
        self.opening = SharedProjectOpener(self)
        self.opening.opened.connect(self.show_session)
        self.opening.refused.connect(self._show_not_opened)
        self.opening.broke.connect(self._handle_failure)
        self.setWindowTitle(PROGRAM_TITLE)
        self._follows_screens = False
        self.resize(_INITIAL_SIZE)
        geometry = self.settings.window.get("place", "")
        is_restored = self.restoreGeometry(QByteArray.fromBase64(geometry.encode()))
        self.fit_screen(self.screen(), placed=is_restored)

    def fit_screen(self, screen: QScreen, *, placed: bool = True) -> None:
        """Limit the size to a screen; with ``placed``, also move the window into the screen."""
        available = screen.availableGeometry()
        self.setMinimumSize(fit_size_to_screen(_MIN_SIZE, available))
        if not self.isMaximized() and not self.isFullScreen():
            if placed:
                self.setGeometry(fit_rect_to_screen(self.geometry(), available))
            else:
                self.resize(fit_size_to_screen(self.size(), available))

    def start(self, path: ProjectLocation | None) -> None:
        """Open the first project once the loading screen is visible, and welcome a new desk.

        A window that was not painted before would be black while the project opens.
        """
        self.skeleton.show_message("Opening…")
        self.skeleton.first_painted.connect(lambda: self._open_first(path))

    def open_first(self, path: ProjectLocation | None) -> None:
        """Open the given project, the last one, or a new one on the bundled district.

        If the last project is a shared one, the window waits for it and opens nothing else.
        """
        from zoneplanner.app.projects.backups import list_backups_of

        last = self.settings.find_last_project()
        try:
            missing = [Path(text) for text in self.settings.recent[:1] if text != last]
            if path is None and missing and list_backups_of(missing[0]):
                self.open_project(missing[0])  # reports that it is missing, and offers backups
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
        """Open a project in place of the open one; a refusal is shown."""
        if self._ask_before_leaving(lambda: self.open_project(path, read_only=read_only)):
            return
        if not isinstance(path, Path):
            self._open_shared(path)
            return
        title = f"Opening {path.stem}…"
        self._load(title, lambda: self._open_session(path, read_only=read_only), path)

    def continue_with_copy(self, copy: Path) -> None:
        """Open a copy in place of a project file that can no longer be saved."""
        original = self.path.name if self.path is not None else ""
        self.open_project(copy)
        if self.main is not None and self.path == copy:
            self.main.desk.notices.show_notice(
                f"You are now working in “{copy.name}”. “{original}” will not change anymore.",
                sign="done",
                stays=True,
            )

    def create_project(self, path: Path, preset: str | None = None, *, empty: bool = False) -> None:
        """Create a project file with proposed zones, and open it; a refusal is shown."""
        title = f"Setting up {path.stem}…"
        self._load(title, lambda: self._create_project(path, preset, empty), path)

    def show_session(self, session: "Session", path: ProjectLocation) -> None:
        """Show a session in place of the open one, once that may be closed."""
        if self._ask_before_leaving(lambda: self.show_session(session, path), stay=session.close):
            return
        from zoneplanner.ui.shell.main_window import MainWindow

        self.opening.stop()
        if self.main is not None:
            self._store_settings()
        self._close_project()
        state = {key: text for key, text in self.settings.window.items() if key != "place"}
        recent = QMenu("Open Recent", self)
        recent.aboutToShow.connect(lambda: self._fill_recent(recent))
        self.path = path
        self._set_office_preferences(session.saved_project.preferences)
        session.formats = self._choose_formats(session)
        appearance = self._make_appearance_menu()
        self.main = MainWindow(
            session, self.theme, recent=recent, appearance=appearance, saved_state=state
        )
        for menu in (recent, appearance):
            self.main.destroyed.connect(menu.deleteLater)
        self._connect(self.main)
        self.addWidget(self.main)
        self.setCurrentWidget(self.main)
        self.main.resize(self.size())
        # before the office has shifts or a log, Today is empty
        has_records = bool(session.saved_project.shifts or session.store.head().entries)
        self.main.show_workspace("today" if has_records else state.get("workspace", "plan"))
        self.main.map.setFocus()
        self._show_title()
        self.main.status.following.changed.connect(self._show_title)
        self._show_opening_notice(self.main)
        QTimer.singleShot(_CHECK_AFTER_MS, self.main, self._check_whole_project)
        self.settings = self.settings.with_recent(path)
        self._store_settings()
        if session is self._new_session:
            self._new_session = None
            QTimer.singleShot(0, self.main, self._suggest_first_steps)

    def _show_opening_notice(self, main: "MainWindow") -> None:
        """Disable what this person may not do, and show the project's notice and why."""
        from zoneplanner.app.session.external_edits import list_external_details
        from zoneplanner.ui.shell.permissions import bar_forbidden_actions

        session, actions = main.desk.session, main.desk.actions
        denial = bar_forbidden_actions(actions, session)
        denials = [] if denial is None else [denial]
        notice = say_all([*session.store.notices, *denials], session.formats)
        if not notice:
            return
        offer, action = "", ""
        if session.store.damaged:
            offer, action = "Backups…", "backups"
        elif session.external_rows:
            offer, action = "Review…", "external_changes"
        main.desk.notices.show_notice(
            notice,
            sign="problem" if session.store.damaged else "info",
            offer=offer,
            on_offer=actions[action].trigger if action else None,
            stays=True,
            details=list_external_details(session.saved_project, session.external),
        )

    def _check_whole_project(self) -> None:
        """Check in a thread what opening skipped, and show what is damaged."""
        from zoneplanner.app.projects.row_repair import check_whole_project, describe_findings

        if self.main is None:
            return  # the project was closed in the meantime
        desk = self.main.desk
        store = desk.session.store
        if store.damaged or desk.jobs.closed:
            return

        def show_findings(check: "WholeCheck") -> None:
            damage = describe_findings(check)
            if damage is None:
                return
            text = damage.say(desk.session.formats)
            findings = enumerate(check.found.findings, 1)
            offer, on_offer = "Backups…", desk.actions["backups"].trigger
            if check.repair.proven and not store.read_only:
                offer, on_offer = "Put Back…", partial(self._ask_repair, check.repair)
            desk.notices.show_notice(
                text,
                sign="problem",
                offer=offer,
                on_offer=on_offer,
                details={str(n): finding.say(desk.session.formats) for n, finding in findings},
                stays=True,
            )
            if self.main is not None and self.main.desk is desk:
                self.main.status.show_damage(text)

        work = partial(check_whole_project, store)
        # if the check fails since the project cannot be opened again, the next step reports that
        desk.jobs.run("Checking", work, on_done=show_findings, on_failed=lambda _: None)

    def _ask_repair(self, repair: "RowRepair") -> None:
        """Show damaged rows next to their former values; after the repair, reopen the project."""
        from zoneplanner.ui.data.projects.backups import RowRepairDialog

        if self.main is not None and (path := self.path) is not None:
            reopen = partial(self.open_project, path)
            RowRepairDialog(self.main.desk, repair, reopen, self.main).ask()

    def set_appearance(self, name: str) -> None:
        """Use the light, dark or high-contrast theme, or the desktop's."""
        self.settings = replace(self.settings, appearance=name)
        self._apply_theme()
        self._store_settings()

    def _apply_theme(self) -> None:
        """Use the theme that this desk chose, otherwise the one that its office prefers."""
        chosen = self.settings.appearance
        self.theme = themes.choose_theme(
            self._office.colors or chosen if chosen == _LIKE_DESKTOP else chosen
        )
        themes.apply_theme(self._app, self.theme, desktop_font=self._office.font == "desktop")
        self.skeleton.set_theme(self.theme)
        if self.main is not None:
            self.main.set_theme(self.theme)

    def _follow_desktop(self) -> None:
        """Follow the desktop's theme unless this desk chose another one."""
        if self.settings.appearance == _LIKE_DESKTOP:
            self._apply_theme()

    def _set_office_preferences(self, office: Preferences) -> None:
        """Use the preferences of the open project's office for what this desk did not choose."""
        before, self._office = self._office, office
        if (before.colors, before.font) != (office.colors, office.font):
            self._apply_theme()

    def _update_preferences(self, event: "SessionChange") -> None:
        office = event.after.saved_project.preferences
        if self.main is not None and office != self._office:
            self._set_office_preferences(office)
            self.main.set_formats(self._choose_formats(self.main.desk.session))

    def set_dates(self, choice: str) -> None:
        """Format days, times and lengths in another way."""
        self.settings = replace(self.settings, dates=choice)
        if self.main is not None:
            self.main.set_formats(self._choose_formats(self.main.desk.session))
        self._store_settings()

    def _choose_formats(self, session: "Session | None" = None) -> LocaleFormats:
        bundled = session is None or bool(session.project.preset)
        office = None if session is None else session.saved_project.preferences
        return choose_formats(
            self.settings.dates, bundled=bundled, desktop=self._desktop, office=office
        )

    def showEvent(self, event: QShowEvent) -> None:
        """Fit the window to each screen that it is moved to."""
        super().showEvent(event)
        handle = self.windowHandle()
        if handle is not None and not self._follows_screens:
            self._follows_screens = True
            handle.screenChanged.connect(partial(self.fit_screen, placed=False))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Write the pending entry, store the window's state, and close the project.

        If the entry is refused, the window stays open, so that the refusal can be read. The window
        asks first if jobs are running or entries wait for a shared project's server.
        """
        if self._ask_before_leaving(self.close) or (not self._is_leaving and self._ask_to_quit()):
            event.ignore()
            return
        self._store_settings()
        self.opening.close()
        self._close_project()
        super().closeEvent(event)

    def handle_unexpected_error(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Log and show an unexpected error; the project is already saved."""
        if isinstance(error, KeyboardInterrupt):
            self.close()
            return
        if isinstance(error, UserError) and self.main is not None:
            self.main.desk.show_problem(error)
            return
        file = log_unexpected_error(error)
        text = Message("unexpected_error")
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
        """Write pending input and ask about unfinished work; return True if the project stays."""
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

        if ask_about_unrecorded_action(self.main.response_bar, self, leave, stay=stay):
            return True
        if ask_about_begun_call(self.main.findChild(NewIncidentForm), self, leave, stay=stay):
            return True
        return ask_about_unfinished_work(self.main.desk.jobs, self, leave, stay=stay)

    def _open_first(self, path: ProjectLocation | None) -> None:
        try:
            self.open_first(path)
            if self.main is not None:
                QTimer.singleShot(0, self, self._welcome)
                if news := read_news(program_version()):
                    text = str(Message("newer_program", news=news))
                    self.main.desk.notices.show_notice(text, stays=True)
        finally:
            self.started.emit()

    def _welcome(self) -> None:
        """Welcome the desk in the project that is open by now."""
        if self.main is not None:
            self.main.help_actions.welcome()

    def _ask_to_quit(self) -> bool:
        """Ask before quitting if something was not saved or sent; return whether it asks."""
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
        elif unsent := self.main.desk.session.describe_unsent_entries():
            question = LeaveQuestion(
                self,
                "Quit",
                f"{unsent} to {store.name}, which cannot be reached now.",
                "Unsent entries stay on this desk and are sent the next "
                "time you start the program. "
                "Until then, other desks cannot see them.",
            )
            leave = "Quit"
        else:
            return False
        leave_button = question.addButton(leave, QMessageBox.ButtonRole.AcceptRole)
        leave_button.clicked.connect(self._quit)
        question.open()
        return True

    def _quit(self) -> None:
        self._is_leaving = True
        QTimer.singleShot(0, self, self.close)

    def _load(
        self,
        title: str,
        load: "Callable[[], tuple[Session, ProjectLocation]]",
        asked: ProjectLocation,
    ) -> None:
        self.skeleton.show_message(title)
        self.setCurrentWidget(self.skeleton)
        self.skeleton.repaint()
        try:
            session, path = load()
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
            self._close_project()  # or the new session would share its stale state
        return open_session(path, read_only=read_only, stays=True), path

    def _open_shared(self, address: "ServerAddress") -> None:
        """Open a shared project in a thread; the window shows what it waits for."""
        self._asked_address = address
        if self.main is not None:
            self.main.desk.notices.show_notice(f"Opening {address.name}…", stays=True)
        else:
            self._show_waiting(address, "Connecting…")
        self.opening.open(address)

    def _show_not_opened(self, error: UserError, address: "ServerAddress") -> None:
        """Show why a shared project cannot be opened now; the opener keeps trying."""
        denied = isinstance(error, AccessDenied)
        if self._is_last_copy_open(address) and not denied:
            return  # the opener keeps trying
        if self.main is None and isinstance(error, Disconnected) and self._open_last_copy(address):
            return
        if self.main is not None:
            self.opening.stop()
            offer, do = "Try again", partial(self._open_shared, address)
            self.main.desk.notices.show_notice(
                error.message, sign="problem", offer=offer, on_offer=do, stays=True
            )
        else:
            retried = Message("opening_retried", seconds=RETRY_S)
            text = error.message if denied else f"{error.message} {retried}"
            self._show_waiting(address, text, denied=denied)
        if denied:
            self._ask_password(address, error.message)

    def _is_last_copy_open(self, address: "ServerAddress") -> bool:
        """Return whether the window shows the last copy of this unreachable shared project."""
        if self.main is None or self.path != address:
            return False
        store = self.main.desk.session.store
        return store.address == address and not store.online

    def _open_last_copy(self, address: "ServerAddress") -> bool:
        """Show this desk's last copy if there is one, and keep waiting for the server."""
        from zoneplanner.app.projects.open_project import open_last_copy

        try:
            session = open_last_copy(address)
        except UserError:  # the copy cannot be read either
            return False
        if session is None:
            return False
        self.show_session(session, address)
        self.opening.open(address)
        return True

    def _show_waiting(self, address: "ServerAddress", text: str, *, denied: bool = False) -> None:
        from zoneplanner.app.projects.open_project import describe_waiting_outbox

        choices: dict[str, Callable[[], object]] = {}
        if denied:
            choices["Enter the password…"] = partial(self._ask_password, address, text)
        choices |= {
            "Try now": partial(self._open_shared, address),
            "Open another project…": self._ask_open,
            "Another shared project…": self._ask_shared,
        }
        self.setWindowTitle(f"Waiting for {address.name} — {PROGRAM_TITLE}")
        waiting = str(describe_waiting_outbox(address) or "")
        title = Message("opening_waits", server=address.server)
        self.skeleton.show_message(str(title), f"{text} {waiting}".strip(), choices)

    def _ask_password(self, address: "ServerAddress", reason: str) -> None:
        from zoneplanner.ui.data.projects.shared_project_dialogs import SharedPasswordDialog

        SharedPasswordDialog(address, reason, self._open_with_password, self).ask()

    def _open_with_password(self, address: "ServerAddress") -> None:
        """Open a shared project at once; the dialog shows a refusal."""
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
        """Show the project's name; for a shared project also its server, user and other desks."""
        if self.main is None:
            return
        session = self.main.desk.session
        if session.store.address is not None:
            from zoneplanner.app.projects.open_project import describe_shared_project

            present = self.main.status.following.present
            self.setWindowTitle(describe_shared_project(session, present))
            return
        mark = (
            " (read-only)" if session.store.read_only else ""
        )  # Qt appends the program's name unless the title ends with it
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
            self._new_session = session
        return session, path

    def _suggest_first_steps(self) -> None:
        """Suggest what to try, and offer the office's setup or another district."""
        if self.main is not None:
            actions = self.main.desk.actions
            setup = actions["office_setup"]
            self.main.desk.notices.show_notice(
                _FIRST_STEP,
                offer=setup.text(),
                on_offer=setup.trigger,
                others=("Another district", [actions[name] for name in _OTHER_DISTRICTS]),
                stays=True,
            )
            self.main.map.fit()
            self.main.optimizer.start(quiet=True)

    def _report_refusal(self, error: UserError, path: ProjectLocation) -> None:
        """Show why a project cannot be opened, and offer alternatives."""
        from zoneplanner.app.projects.backups import list_backups_of, needs_backup

        choices: dict[str, Callable[[], object]] = {}
        if "opens" in error.details:
            choices["Open read-only"] = partial(self.open_project, path, read_only=True)
        if (
            needs_backup(error)
            and isinstance(path, Path)
            and (path.is_file() or list_backups_of(path))
        ):
            choices["Restore a backup…"] = partial(self._ask_backup, path)
        if self.main is None:
            choices |= {"Open a project…": self._ask_open, "New project…": self._ask_new}
            text = self._choose_formats().localize_sentence(error.message)
            self.skeleton.show_message("No project is open", text, choices)
            return
        offer = next(iter(choices), "")
        self.main.desk.notices.show_notice(
            error.message,
            sign="problem",
            offer=offer,
            on_offer=choices.get(offer),
            details=error.unsaid_details,
            stays=True,
        )

    def _ask_backup(self, path: Path) -> None:
        from zoneplanner.app.projects.backups import list_backups_of
        from zoneplanner.ui.data.projects.backups import BackupsDialog

        folder = (
            path.parent if path.parent.is_dir() else desk_settings.find_default_project().parent
        )
        BackupsDialog(
            list_backups_of(path), self._choose_formats(), folder, self.open_project, self
        ).ask()

    def _connect(self, main: "MainWindow") -> None:
        from zoneplanner.ui.data.projects.project_actions import ProjectActions

        for name, do in {
            "open": self._ask_open,
            "new": self._ask_new,
            "open_shared": self._ask_shared,
            "quit": self.close,
            "about": lambda: self._show_about(main),
            "log_folder": lambda: self._show_log(main),
        }.items():
            main.desk.actions.set_handler(name, do)
        main.state_changed.connect(self._store_settings)
        main.desk.bridge.project_changed.connect(self._update_preferences)
        main.read_only_banner.open_asked.connect(self.open_project)
        project_actions = ProjectActions(
            main.desk, main, self.open_project, self.continue_with_copy
        )
        main.destroyed.connect(project_actions.deleteLater)
        main.status.following.changed.connect(project_actions.warn_if_stale)
        main.desk.jobs.failed.connect(self._handle_failure)

    def _show_about(self, main: "MainWindow") -> None:
        """Show the program's version, and the project's storage engine if it is reachable."""
        about = _ABOUT.format(PROGRAM_TITLE, program_version())
        with suppress(Disconnected):
            about += f"\n\nThe project is read with {main.desk.session.store.engine().message}."
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
        chosen = ask_file(self, "Open a project", "Projects (*.gpkg)", folder=known.parent)
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
            self._create_from_dialog,
            self,
            show=self._show_district,
            protected=self.main.desk.session.store.files if self.main is not None else (),
        ).ask()

    def _create_from_dialog(self, path: Path, preset: str, empty: bool) -> None:
        """Create the project that the dialog asks for; the dialog shows a refusal."""
        session, location = self._create_project(path, preset, empty)
        QTimer.singleShot(0, self, lambda: self.show_session(session, location))

    def _show_district(self, created: "CreatedDistrict") -> None:
        """Show a new district's project, and continue with its first file."""
        self.show_session(created.session, created.path)
        if self.main is not None and self.main.desk.session is created.session:
            self.main.files.set_up_district(created.first)

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
            path = parse_location(text)
            action = menu.addAction(path.stem, partial(self.open_project, path))
            action.setToolTip(text)
            can_open = not isinstance(path, Path) or path.exists() or bool(list_backups_of(path))
            action.setEnabled(can_open and path != self.path)
        menu.setToolTipsVisible(True)

    def _make_appearance_menu(self) -> QMenu:
        menu = QMenu("Appearance", self)
        _add_choices(menu, _APPEARANCES, self.settings.appearance, self.set_appearance)
        menu.addSection("Dates and Units")
        _add_choices(menu, FORMAT_CHOICES, self.settings.dates, self.set_dates)
        return menu

    def _store_settings(self) -> None:
        geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        main, before = self.main, self.settings.window
        state = before if main is None else main.collect_window_state()
        self.settings = replace(self.settings, window={**state, "place": geometry})
        self._save_settings(self.settings)

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
    """Add exclusive choices to a menu, one of them checked."""
    group = QActionGroup(menu)
    for key, text in texts.items():
        action = menu.addAction(text, partial(choose, key))
        action.setCheckable(True)
        action.setChecked(key == chosen)
        group.addAction(action)
