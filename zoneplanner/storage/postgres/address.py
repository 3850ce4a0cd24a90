"""The address of a shared project: server, database, schema and user.

``postgresql://USER@HOST:PORT/DATABASE?schema=NAME``; the schema is ``zoneplanner`` by default. Of
several hosts (``HOST:PORT,HOST:PORT``) the one that accepts changes is used. A password in the
address is used and never shown; it is better kept in the system's keyring (service
``zoneplanner``, under the address without a password) or in ``.pgpass``.
"""

import importlib.util
import re
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from zoneplanner.errors import UserError

_SCHEMES = ("postgresql://", "postgres://")
DEFAULT_PORT, DEFAULT_SCHEMA = 5432, "zoneplanner"
SERVICE_NAME = "zoneplanner"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
LONGEST_IDENTIFIER = 63
"""PostgreSQL cuts longer names."""

_SAFE_TLS = ("verify-full", "verify-ca")
_OPTIONS = ("schema", "sslmode", "sslrootcert")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a shared project is; its text never contains the password."""

    user: str
    host: str
    port: int
    database: str
    schema: str = DEFAULT_SCHEMA
    sslmode: str = ""
    sslrootcert: str = ""
    password: str = field(default="", repr=False, compare=False)
    others: tuple[tuple[str, int], ...] = ()
    """Further hosts and their ports: standbys, one of which may be promoted."""

    @property
    def name(self) -> str:
        """The project's name in messages."""
        return f"{self.database} on {self.host}"

    @property
    def server(self) -> str:
        """The machine and its port."""
        return f"{self.host}:{self.port}"

    @property
    def stem(self) -> str:
        """A short name."""
        return self.database

    @property
    def loopback(self) -> bool:
        """Whether the server is on this machine."""
        hosts = (self.host, *(host for host, _ in self.others))
        return all(one in _LOOPBACK or one.startswith("/") for one in hosts)

    @property
    def without_login(self) -> "ServerAddress":
        """The address without user, password and TLS options."""
        return replace(self, user="", sslmode="", sslrootcert="", password="")

    @property
    def application_prefix(self) -> str:
        """What precedes the desk's name in the name of its connection."""
        return f"{SERVICE_NAME}/{self.schema}/"

    def __str__(self) -> str:
        who = f"{quote(self.user, safe='')}@" if self.user else ""
        hosts = ((self.host, self.port), *self.others)
        places = ",".join(_format_host(host, port) for host, port in hosts)
        options = {
            "schema": "" if self.schema == DEFAULT_SCHEMA else self.schema,
            "sslmode": self.sslmode,
            "sslrootcert": self.sslrootcert,
        }
        given = "&".join(f"{key}={quote(value)}" for key, value in options.items() if value)
        text = f"postgresql://{who}{places}/{quote(self.database, safe='')}"
        return f"{text}?{given}" if given else text

    def connection_options(self) -> dict[str, str | int]:
        """Return the options for libpq, which looks into .pgpass if there is no password."""
        safe = "prefer" if self.loopback else "verify-full"
        root = self.sslrootcert or ("" if self.loopback else "system")
        options: dict[str, str | int] = {
            "user": self.user,
            "host": ",".join((self.host, *(host for host, _ in self.others))),
            "port": ",".join(str(port) for port in (self.port, *(port for _, port in self.others))),
            "target_session_attrs": "read-write" if self.others else "",
            "dbname": self.database,
            "password": self.password or _read_keyring(self),
            "sslmode": self.sslmode or safe,
            "sslrootcert": root,
        }
        return {name: value for name, value in options.items() if value}


def administer(address: ServerAddress, administrator: ServerAddress | None) -> ServerAddress:
    """Return a project's address with the administrator's login, if there is an administrator."""
    if administrator is None:
        return address
    return replace(administrator, database=address.database, schema=address.schema)


def is_server_address(text: str) -> bool:
    """Whether a string is the address of a server, not of a file."""
    return text.startswith(_SCHEMES)


def parse_server_address(text: str) -> ServerAddress:
    """Read an address.

    Raises
    ------
    UserError
        It lacks a host or database, has an unknown option, or asks for a connection to another
        machine that does not check its certificate. The message never repeats the address.
    """
    scheme, _, rest = text.strip().partition("://")
    # a pasted password may have any characters: it ends before the last @
    who, _, where = rest.rpartition("@")
    user, _, password = who.partition(":")
    hosts, slash, path = where.partition("/")
    first, *more = hosts.split(",")
    try:
        parts = urlsplit(f"{scheme}://{first}{slash}{path}")
        port = parts.port or DEFAULT_PORT
        others = tuple(map(_parse_host, more))
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise UserError("bad_address", example=_EXAMPLE) from None
    database = unquote(parts.path.lstrip("/"))
    if not parts.hostname or not database or "/" in database:
        raise UserError("bad_address.incomplete", example=_EXAMPLE)
    unknown = options.keys() - set(_OPTIONS)
    if unknown:
        raise UserError("bad_address.unknown_option", option=min(unknown), options=_OPTIONS)
    found = ServerAddress(
        user=unquote(user),
        host=unquote(parts.hostname),
        port=port,
        database=database,
        password=unquote(password),
        others=others,
        **options,
    )
    _check(found)
    return found


def _format_host(host: str, port: int) -> str:
    named = f"[{host}]" if ":" in host else quote(host, safe="")
    return f"{named}:{port}" if port != DEFAULT_PORT else named


def _parse_host(text: str) -> tuple[str, int]:
    """Return host and port; a string without a host is a ValueError."""
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError(text)
    return unquote(parts.hostname), parts.port or DEFAULT_PORT


_EXAMPLE = "postgresql://officer@server/district"


def _check(address: ServerAddress) -> None:
    if (
        not re.fullmatch(r"[a-z_][a-z0-9_]*", address.schema)
        or len(address.schema) > LONGEST_IDENTIFIER
    ):
        raise UserError("bad_address.schema")
    if address.sslmode and not address.loopback and address.sslmode not in _SAFE_TLS:
        raise UserError("bad_address.no_certificate_check", sslmode=address.sslmode)


def can_store_password() -> bool:
    """Whether the program can use this system's keyring."""
    return importlib.util.find_spec("keyring") is not None


def store_password(address: ServerAddress) -> None:
    """Store the password of an address in the system's keyring, or raise a UserError."""
    import keyring

    try:
        keyring.set_password(SERVICE_NAME, str(address), address.password)
    except Exception as error:
        raise UserError("keyring_failed", error=type(error).__name__) from None


def _read_keyring(address: ServerAddress) -> str:
    """Return the password in the system's keyring, or an empty string without one."""
    if not address.user:
        return ""
    try:
        import keyring
    except ImportError:
        return ""
    try:
        return keyring.get_password(SERVICE_NAME, str(address)) or ""
    except Exception:  # a locked or missing backend: libpq goes on to .pgpass
        return ""
