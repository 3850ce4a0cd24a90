"""The dialogs on access to a shared project: who has which role, granting and revoking; backups."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from zoneplanner.app.projects.access import (
    LastSeen,
    grant_project_access,
    list_shifts_to_come,
    offboard_person,
    print_access_list,
    read_last_seen,
    read_past_access,
    read_project_access,
)
from zoneplanner.app.projects.backups import list_backups_of
from zoneplanner.app.session.session import Session
from zoneplanner.domain.roles import SERVER_ROLES
from zoneplanner.domain.roster.shift import Shift
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, say_all
from zoneplanner.storage import ProjectRole
from zoneplanner.storage.postgres.group_roles import PersonAccess
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_new_file
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX, FormDialog
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import ActionButton, WrappedLabel, make_row_layout
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import NO_VALUE
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog

_NEVER = LastSeen(None)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_ABOUT = (
    "A planner can change plans and log entries, a dispatcher can log entries, and a viewer can "
    "only look. Rows with an end date are past roles. A dash means that the role was given or "
    "removed on the server itself. Last seen is when a person last logged or changed something; "
    "viewers are seen only while they are connected."
)
_ROLE_TITLES = {
    ProjectRole.PLANNER: "Planner: can change plans and log entries",
    ProjectRole.DISPATCHER: "Dispatcher: can log entries",
    ProjectRole.VIEWER: "Viewer: can only look",
}


class AccessDialog(TableDialog):
    """One row per person and role, present roles first; below, this computer's backups."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        session = desk.session

        def write_time(at: datetime | None) -> str:
            zone = ZoneInfo(session.project.time_zone)
            return session.formats.moment(at.astimezone(zone)) if at is not None else NO_VALUE

        def write_last_seen(seen: LastSeen) -> str:
            return f"now, at {', '.join(seen.desks)}" if seen.desks else write_time(seen.at)

        def last_seen(row: PersonAccess) -> LastSeen:
            return self._last_seen.get(row.person, _NEVER)

        self._session, self._last_seen = session, read_last_seen(session)
        super().__init__(
            desk,
            "People and Backups",
            (
                Column("Person", lambda row: (row.ended, row.person), lambda row: row.person),
                Column("Role", lambda row: row.role.value),
                Column(
                    "Last seen",
                    lambda row: (bool(last_seen(row).desks), last_seen(row).at or _LONG_AGO),
                    lambda row: write_last_seen(last_seen(row)),
                ),
                Column("Since", lambda row: row.since, lambda row: write_time(row.since)),
                Column("Given by", lambda row: row.given_by or NO_VALUE),
                Column(
                    "Until",
                    lambda row: row.until,
                    lambda row: write_time(row.until) if row.ended else "",
                ),
                Column("Removed by", lambda row: (row.taken_by or NO_VALUE) if row.ended else ""),
            ),
            lambda row: (row.person, row.role, row.since, row.until),
            _read_rows(session),
            about=WrappedLabel(_ABOUT),
            empty="Nobody has access.",
            size=(TABLE_PX, 480),
            parent=parent,
        )
        self.backed_up = WrappedLabel()
        self.backup_buttons = [
            ActionButton(desk.actions["back_up_now"], "Back up now"),
            ActionButton(desk.actions["backups"], "Backups…"),
        ]
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        backups = make_row_layout((self.backed_up, 1), *self.backup_buttons)
        column.insertLayout(column.indexOf(self.below), backups)
        desk.jobs.idle.connect(self._show_backups)
        self._show_backups()
        self.give = self.add_button("Give access…", self._ask_give)
        may_give = session.store.role.may_grant_access
        self.remove = self.add_button(
            "Remove access…",
            self._ask_remove,
            lambda row: may_give and not row.ended and row.role in SERVER_ROLES,
        )
        self.print = self.add_button("Print…", self._print)
        self.give.setEnabled(may_give)
        self.below.setText("" if may_give else "Only the owner can give and remove access.")
        self.view.selectRow(0)

    def _print(self) -> None:
        default = Path(f"{self._session.project.name} access.pdf")
        path = ask_new_file(self, "Print the Access List", "PDF (*.pdf)", default)
        if path is not None:
            try:
                self.below.setText(f"Saved {print_access_list(self._session, path)}.")
            except UserError as error:
                self.below.setText(error.message)

    def _show_backups(self) -> None:
        """Show how many backups this computer has, and when the newest was made."""
        address, formats = self._session.store.address, self._session.formats
        backups = list_backups_of(address) if address is not None else ()
        message = Message("desk_backups.none")
        if backups:
            message = Message("desk_backups", n=len(backups), newest=backups[0].local_time)
        self.backed_up.setText(message.say(formats))

    def _ask_give(self) -> None:
        row = self.view.current_row()
        person = row.person if row is not None and row.ended else ""
        GiveAccessDialog(self._session, person, self._show_done, self).ask()

    def _ask_remove(self) -> None:
        row = self.view.current_row()
        if row is not None:
            RemoveAccessDialog(self._session, row.person, self._show_done, self).ask()

    def _show_done(self, text: str) -> None:
        """Show what was done, and the current roles."""
        self._last_seen = read_last_seen(self._session)
        self.view.show_rows(_read_rows(self._session))
        self.below.setText(text)


def _read_rows(session: Session) -> list[PersonAccess]:
    return [*read_project_access(session), *read_past_access(session)]


class GiveAccessDialog(FormDialog):
    """Asks whom to grant which role, grants it, and calls ``done(text)``."""

    def __init__(
        self, session: Session, person: str, done: Callable[[str], object], parent: QWidget
    ) -> None:
        super().__init__("Give Access", "Give access", self._give, parent)
        self._session, self._done = session, done
        self.set_about(
            "This role replaces any other role that the person has in this project. A person "
            "without a login on the server gets one, with a password that you give them."
        )
        self.person = self.add_field("&Name", QLineEdit(person))
        self.person.setPlaceholderText("their login name, such as officer.a")
        roles = {role.value: _ROLE_TITLES[role] for role in SERVER_ROLES}
        self.role = self.add_field("&Role", make_choice_box(roles, "viewer", "Role"))
        self.password = self.add_field("Pass&word", QLineEdit())
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setPlaceholderText("for a new login only")
        self.person.textChanged.connect(lambda _: self._update_required())
        self._update_required()

    def _update_required(self) -> None:
        self.require("" if self.person.text().strip() else "Type their login name.")

    def _give(self) -> None:
        person, role = self.person.text().strip(), self.role.currentData()
        grant_project_access(self._session, person, role, password=self.password.text())
        self._done(str(Message("access_given", person=person, role=role)))


class RemoveAccessDialog(FormDialog):
    """Lists a person's coming shifts, removes their access, and calls ``done(text)``."""

    def __init__(
        self, session: Session, person: str, done: Callable[[str], object], parent: QWidget
    ) -> None:
        super().__init__("Remove Access", "Remove access", self._remove, parent)
        self._session, self._person, self._done = session, person, done
        self.set_about(
            f"“{person}” can no longer open this project at any desk, effective immediately. "
            "Their entries and changes keep their name."
        )
        shifts = list_shifts_to_come(session, person)
        self.shifts = WrappedLabel("\n".join(map(self._name_shift, shifts)))
        self.form.addRow("Shifts that need another officer", self.shifts)
        self.form.setRowVisible(self.shifts, bool(shifts))

    def _name_shift(self, shift: Shift) -> str:
        local = shift.starts_at.astimezone(ZoneInfo(self._session.project.time_zone))
        return f"{shift.unit}, {self._session.formats.moment(local)}"

    def _remove(self) -> None:
        removal = offboard_person(self._session, self._person)
        shifts = list(map(self._name_shift, removal.open_shifts))
        to_find = [Message("officers_to_find", shifts=shifts)] if shifts else []
        self._done(say_all([removal.message, *to_find]))
