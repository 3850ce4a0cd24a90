"""Name a shared project: to open it, or to carry the open one there."""

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
    """Asks for server, database and name and calls ``do(address)``.

    ``typed`` is what was asked for before, where that did not go well.
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
        super().__init__(title, ok, self._take, parent)
        self._options = ServerAddress("", "", DEFAULT_PORT, "")
        self._with_address = do
        self.set_about(about)
        self.server = self.add_field("&Server", QLineEdit())
        self.server.setPlaceholderText("its name, or a whole postgresql:// address")
        self.port = self.add_field("&Port", make_number_box(1, 65535, DEFAULT_PORT))
        self.database = self.add_field("&Database", QLineEdit())
        self.database.setPlaceholderText("district")
        self.schema = self.add_field("Pro&ject", QLineEdit(DEFAULT_SCHEMA))
        self.schema.setToolTip("A database can contain several projects under different names.")
        self.person = self.add_field("&Name", QLineEdit())
        self.password, self.keep = _password_fields()
        self.password.setPlaceholderText("leave empty to use the keyring or .pgpass")
        self.add_rows(("Pass&word", self.password), ("", self.keep))
        if typed is not None:
            self._fill(typed)
        self._letters = 0
        self.server.textChanged.connect(self._spread)
        self.server.setFocus()

    def _spread(self, text: str) -> None:
        """Put the parts of an address that was pasted where they belong; a password is hidden."""
        pasted, self._letters = len(text) > self._letters + 1, len(text)
        if not pasted or not is_server_address(text.strip()):
            return
        with suppress(UserError):  # what is wrong with it is said once it is used
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
        self._options = typed

    def _take(self) -> None:
        address = self._address()
        if self.keep.isChecked() and address.password:
            store_password(address)
        self._with_address(address)

    def _read_pasted(self, text: str) -> ServerAddress:
        pasted = parse_server_address(text)
        return replace(
            pasted,
            user=pasted.user or self.person.text().strip(),
            password=pasted.password or self.password.text(),
        )

    def _address(self) -> ServerAddress:
        server = self.server.text().strip()
        if not server:
            raise UserError("field_empty.server")
        if is_server_address(server):
            return self._read_pasted(server)
        if not self.database.text().strip():
            raise UserError("field_empty.database")
        given = replace(
            self._options,
            user=self.person.text().strip(),
            host=server,
            port=self.port.value(),
            database=self.database.text().strip(),
            schema=self.schema.text().strip() or DEFAULT_SCHEMA,
            password=self.password.text(),
        )
        parse_server_address(str(given))  # the same checks as of an address that was pasted
        return given


class SharedPasswordDialog(FormDialog):
    """Asks for the password of a shared project and calls ``do(address)`` with it."""

    in_window = False

    def __init__(
        self,
        address: ServerAddress,
        why: str,
        do: Callable[[ServerAddress], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Shared Project Password", "Open", self._take, parent)
        self._address, self._with_address = address, do
        self.set_about(why)
        self.password, self.keep = _password_fields()
        self.person = QLineEdit(address.user)
        self.person.setPlaceholderText("yours on this machine")
        self.add_rows(
            ("Server", PlainTextLabel(address.server)),
            ("Database", PlainTextLabel(address.database)),
            ("&Name", self.person),
            ("Pass&word", self.password),
            ("", self.keep),
        )
        self.password.setFocus()

    def _take(self) -> None:
        if not self.password.text():
            raise UserError("field_empty.password")
        person = self.person.text().strip()
        address = replace(self._address, user=person, password=self.password.text())
        self._with_address(address)
        if self.keep.isChecked():
            store_password(address)


def _password_fields() -> tuple[QLineEdit, QCheckBox]:
    """Return a field for a password, and a box to keep it in the keyring where there is one."""
    password = QLineEdit()
    password.setEchoMode(QLineEdit.EchoMode.Password)
    keep = QCheckBox("Keep the password in this system’s keyring")
    keep.setEnabled(can_store_password())
    if not keep.isEnabled():
        keep.setToolTip(
            "This computer has no keyring; a .pgpass file in your home folder also works."
        )
    return password, keep
