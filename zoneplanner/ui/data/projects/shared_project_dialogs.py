"""The dialogs that ask for the address of a shared project and for its password."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from zoneplanner.errors import UserError
from zoneplanner.storage import ServerAddress
from zoneplanner.storage.postgres.address import (
    DEFAULT_PORT,
    DEFAULT_SCHEMA,
    can_store_password,
    is_server_address,
    parse_server_address,
    store_password,
)
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import PlainTextLabel

ABOUT_OPENING_SHARED = (
    "Several desks can work on one project on a PostgreSQL server. The server’s administrator "
    "gives you a name, a role and a password."
)
ABOUT_SHARING = (
    "All layers, plans, the history and the log with its hashes are copied to a PostgreSQL server "
    "with PostGIS. From then on this file is a read-only copy. Each person then gets a separate "
    "role there."
)


class SharedProjectDialog(FormDialog):
    """Asks for server, database and name, and calls ``do(address)``.

    ``typed`` is the address of an attempt that failed.
    """

    in_window = False

    def __init__(
        self,
        title: str,
        ok: str,
        about: str,
        do: Callable[[ServerAddress], object],
        parent: QWidget | None = None,
        *,
        typed: ServerAddress | None = None,
    ) -> None:
        super().__init__(title, ok, self._use, parent)
        self._base = ServerAddress("", "", DEFAULT_PORT, "")
        self._do_with_address = do
        self.set_about(about)
        self.server = self.add_field("&Server", QLineEdit())
        self.server.setPlaceholderText("its name, or a whole postgresql:// address")
        self.port = self.add_field("&Port", make_number_box(1, 65535, DEFAULT_PORT))
        self.database = self.add_field("&Database", QLineEdit())
        self.database.setPlaceholderText("district")
        self.schema = self.add_field("Pro&ject", QLineEdit(DEFAULT_SCHEMA))
        self.schema.setToolTip("A database can contain several projects under different names.")
        self.person = self.add_field("&Name", QLineEdit())
        self.password, self.store_box = _make_password_fields()
        self.password.setPlaceholderText("leave empty to use the keyring or .pgpass")
        self.add_rows(("Pass&word", self.password), ("", self.store_box))
        if typed is not None:
            self._fill(typed)
        self._length = 0
        self.server.textChanged.connect(self._spread_pasted)
        self.server.setFocus()

    def _spread_pasted(self, text: str) -> None:
        """Split a pasted address into its fields, which also hides a password."""
        is_pasted, self._length = len(text) > self._length + 1, len(text)
        if not is_pasted or not is_server_address(text.strip()):
            return
        with suppress(UserError):  # shown when the address is used
            self._fill(self._read_pasted(text))

    def _fill(self, typed: ServerAddress) -> None:
        for field, text in (
            (self.server, typed.host),
            (self.database, typed.database),
            (self.schema, typed.schema),
            (self.person, typed.user),
            (self.password, typed.password),
        ):
            field.setText(text)
        self.port.setValue(typed.port)
        self._base = typed

    def _use(self) -> None:
        address = self._read_address()
        if self.store_box.isChecked() and address.password:
            store_password(address)
        self._do_with_address(address)

    def _read_pasted(self, text: str) -> ServerAddress:
        pasted = parse_server_address(text)
        return replace(
            pasted,
            user=pasted.user or self.person.text().strip(),
            password=pasted.password or self.password.text(),
        )

    def _read_address(self) -> ServerAddress:
        server = self.server.text().strip()
        if not server:
            raise UserError("field_empty.server")
        if is_server_address(server):
            return self._read_pasted(server)
        if not self.database.text().strip():
            raise UserError("field_empty.database")
        address = replace(
            self._base,
            user=self.person.text().strip(),
            host=server,
            port=self.port.value(),
            database=self.database.text().strip(),
            schema=self.schema.text().strip() or DEFAULT_SCHEMA,
            password=self.password.text(),
        )
        parse_server_address(str(address))  # the same checks as for a pasted address
        return address


class SharedPasswordDialog(FormDialog):
    """Asks for the password of a shared project, and calls ``do(address)`` with it."""

    in_window = False

    def __init__(
        self,
        address: ServerAddress,
        why: str,
        do: Callable[[ServerAddress], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Shared Project Password", "Open", self._use, parent)
        self._address, self._do_with_address = address, do
        self.set_about(why)
        self.add_field("Server", PlainTextLabel(address.server))
        self.add_field("Database", PlainTextLabel(address.database))
        self.person = self.add_field("&Name", QLineEdit(address.user))
        self.person.setPlaceholderText("yours on this machine")
        self.password, self.store_box = _make_password_fields()
        self.add_rows(("Pass&word", self.password), ("", self.store_box))
        self.password.setFocus()

    def _use(self) -> None:
        if not self.password.text():
            raise UserError("field_empty.password")
        person = self.person.text().strip()
        address = replace(self._address, user=person, password=self.password.text())
        self._do_with_address(address)
        if self.store_box.isChecked():
            store_password(address)


def _make_password_fields() -> tuple[QLineEdit, QCheckBox]:
    """Return a password field, and a box to store it in the keyring, if there is one."""
    password = QLineEdit()
    password.setEchoMode(QLineEdit.EchoMode.Password)
    store_box = QCheckBox("Keep the password in this system’s keyring")
    store_box.setEnabled(can_store_password())
    if not store_box.isEnabled():
        store_box.setToolTip(
            "This computer has no keyring; a .pgpass file in your home folder also works."
        )
    return password, store_box
