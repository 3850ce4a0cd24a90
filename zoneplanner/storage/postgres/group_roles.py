"""Access to a shared project: its three group roles, and the people in them.

Because roles belong to the whole server, a project's roles are named after its database and schema:
``district_zoneplanner_viewer`` can read only this project.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa

from zoneplanner.domain.roles import SERVER_ROLES, ProjectRole
from zoneplanner.errors import UserError
from zoneplanner.storage.postgres.address import LONGEST_IDENTIFIER, ServerAddress

_NOT_PLAIN = re.compile("[^a-z0-9_]")


class PersonAccess(NamedTuple):
    """A person's role in a shared project, since when, and who granted it.

    If another program granted or revoked it, the time is None and the name is empty.
    """

    person: str
    role: ProjectRole
    since: datetime | None = None
    given_by: str = ""
    ended: bool = False
    until: datetime | None = None
    taken_by: str = ""


class LoginState(StrEnum):
    """The state of a person's login after their access was revoked."""

    LOCKED = "locked"
    OTHER_ROLES = "other_roles"
    """It stays, because it has roles in other projects."""
    NOT_ALLOWED = "not_allowed"
    """Only the server's administrator may lock it; without a role it cannot read the project."""


class RevokedAccess(NamedTuple):
    """The roles that were revoked from a person, and the state of their login."""

    roles: tuple[ProjectRole, ...]
    login: LoginState


def name_group_role(role: ProjectRole, database: str, schema: str) -> str:
    """Return the name of a project's group role, which never needs quotes.

    Names that would be ambiguous or too long get a hash.
    """
    stem, suffix = f"{database}_{schema}", f"_{role}"
    plain = _NOT_PLAIN.sub("_", stem)
    is_unambiguous = plain == stem and plain[0].isalpha() and "_" not in schema
    if not is_unambiguous or len(stem) + len(suffix) > LONGEST_IDENTIFIER:
        mark = hashlib.sha256(f"{database}\n{schema}".encode()).hexdigest()[:8]
        plain = f"p{plain}"[: LONGEST_IDENTIFIER - len(suffix) - len(mark) - 1] + f"_{mark}"
    return plain + suffix


def name_owner_role(address: ServerAddress) -> str:
    """Return the name of the role that owns tables created by an administrator."""
    return name_group_role(ProjectRole.OWNER, address.database, address.schema)


def name_group_roles(address: ServerAddress) -> dict[ProjectRole, str]:
    """Return the names of a project's group roles."""
    return {role: name_group_role(role, address.database, address.schema) for role in SERVER_ROLES}


def quote_name(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def write_setup_statements(address: ServerAddress) -> list[str]:
    """Return the statements by which an administrator allows the person of an address to share."""
    owner = quote_name(address.user or "owner")
    create = f"GRANT CREATE ON DATABASE {quote_name(address.database)} TO {owner}"
    return [*_write_group_statements(address), create]


def _write_group_statements(address: ServerAddress) -> list[str]:
    owner, names = quote_name(address.user or "owner"), name_group_roles(address).values()
    return [
        "CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public",
        *(f"CREATE ROLE {name} NOLOGIN" for name in names),
        *(f"GRANT {name} TO {owner} WITH ADMIN OPTION" for name in names),
    ]


def prepare_server(connection: sa.Connection, address: ServerAddress) -> None:
    """Create, as an administrator, what is missing for the person of an address to share.

    The rest of the transaction runs as a role without a login, which will own the tables. The
    person can grant the project's roles to others but owns nothing.

    Raises
    ------
    UserError
        There is no such login and the address has no password for one, or it is not allowed.
    """
    prepare_groups(connection, address)
    owner = name_owner_role(address)
    _run_setup(
        connection,
        address,
        f"CREATE ROLE {owner} NOLOGIN",
        f"GRANT CREATE ON DATABASE {quote_name(address.database)} TO {owner}",
        f"GRANT {owner} TO CURRENT_USER",
    )
    connection.exec_driver_sql(f"SET LOCAL ROLE {owner}")


def prepare_groups(connection: sa.Connection, address: ServerAddress) -> None:
    """Create, as an administrator, the missing login and roles of a project."""
    known = sa.text("SELECT count(*) FROM pg_roles WHERE rolname = :name")
    if not connection.execute(known, {"name": address.user}).scalar_one():
        _create_login(connection, address, address.user, address.password)
    _run_setup(connection, address, *_write_group_statements(address))


def _run_setup(connection: sa.Connection, address: ServerAddress, *statements: str) -> None:
    existing = set(connection.exec_driver_sql("SELECT rolname FROM pg_roles").scalars())
    for statement in statements:
        words = statement.split()
        if words[:2] != ["CREATE", "ROLE"] or words[2] not in existing:
            _run_as_manager(connection, statement, address, address.user)


def list_access(connection: sa.Connection, address: ServerAddress) -> list[PersonAccess]:
    """Return the current access of each person, owners and higher roles first."""
    current, _ = _read_access_notes(connection)
    planners = {"planners": name_group_roles(address)[ProjectRole.PLANNER]}
    owners = connection.execute(_SELECT_OWNERS, planners).scalars()
    access = {owner: PersonAccess(owner, ProjectRole.OWNER) for owner in owners}
    for role, name in name_group_roles(address).items():
        for person in _list_members(connection, name):
            access.setdefault(person, current.get((person, role), PersonAccess(person, role)))
    return list(access.values())


def list_past_access(connection: sa.Connection, address: ServerAddress) -> list[PersonAccess]:
    """Return the past access of each person, latest last."""
    current, ended = _read_access_notes(connection)
    present = {(access.person, access.role) for access in list_access(connection, address)}
    lost = (access._replace(ended=True) for key, access in current.items() if key not in present)
    return [*ended, *lost]


def _read_access_notes(
    connection: sa.Connection,
) -> tuple[dict[tuple[str, ProjectRole], PersonAccess], list[PersonAccess]]:
    """Return the access that was granted and not revoked, and the access that was revoked."""
    current: dict[tuple[str, ProjectRole], PersonAccess] = {}
    ended: list[PersonAccess] = []
    for row in connection.exec_driver_sql("SELECT * FROM access_note ORDER BY number"):
        key = (row.person, ProjectRole(row.role))
        at = datetime.fromisoformat(row.at)
        if row.given:
            current.setdefault(key, PersonAccess(*key, at, row.given_by))
        else:
            access = current.pop(key, PersonAccess(*key))
            ended.append(access._replace(ended=True, until=at, taken_by=row.given_by))
    return current, ended


_SELECT_OWNERS = sa.text(
    "SELECT rolname FROM pg_roles WHERE rolcanlogin AND (oid = (SELECT nspowner FROM pg_namespace"
    " WHERE nspname = current_schema()) OR oid IN (SELECT member FROM pg_auth_members m"
    " JOIN pg_roles own ON own.oid = m.roleid WHERE m.admin_option AND own.rolname = :planners))"
    " ORDER BY rolname"
)
"""The owner of the tables, and the people who may make others planners."""


_SELECT_GRANTORS = sa.text(
    "SELECT pg_get_userbyid(m.grantor) FROM pg_auth_members m"
    " JOIN pg_roles member ON member.oid = m.member JOIN pg_roles own ON own.oid = m.roleid"
    " WHERE own.rolname = :name AND member.rolname = :person"
)


def _list_members(connection: sa.Connection, group: str) -> Iterator[str]:
    query = sa.text(
        "SELECT member.rolname FROM pg_auth_members m JOIN pg_roles member ON member.oid = m.member"
        " JOIN pg_roles own ON own.oid = m.roleid WHERE own.rolname = :name"
        " AND member.rolcanlogin ORDER BY member.rolname"
    )
    yield from connection.execute(query, {"name": group}).scalars()


def grant_access(
    connection: sa.Connection,
    address: ServerAddress,
    person: str,
    role: ProjectRole,
    *,
    password: str = "",
) -> None:
    """Grant a person one role instead of any other; with a password, create a login for them.

    Raises
    ------
    UserError
        There is no such login and no password for one, or granting access is not allowed.
    """
    known = sa.text("SELECT rolcanlogin FROM pg_roles WHERE rolname = :name")
    can_log_in = connection.execute(known, {"name": person}).scalar()
    if can_log_in is None:
        _create_login(connection, address, person, password)
    elif not can_log_in:  # locked when their access was revoked
        _run_as_manager(connection, f"ALTER ROLE {quote_name(person)} LOGIN", address, person)
    _revoke_roles(connection, address, person, but=role)
    grant = f"GRANT {name_group_roles(address)[role]} TO {quote_name(person)}"
    _run_as_manager(connection, grant, address, person)
    _note(connection, person, role, given=True)


def revoke_access(connection: sa.Connection, address: ServerAddress, person: str) -> RevokedAccess:
    """Revoke all roles of a project from a person, and lock a login that has no others.

    This takes effect at once, even at an open desk. Entries that the person logged keep their name.
    """
    revoked = _revoke_roles(connection, address, person)
    if not revoked:
        raise UserError("no_access", person=person, name=address.name)
    return RevokedAccess(tuple(revoked), _lock_login(connection, address, person))


def _revoke_roles(
    connection: sa.Connection,
    address: ServerAddress,
    person: str,
    *,
    but: ProjectRole | None = None,
) -> list[ProjectRole]:
    revoked = []
    for role, name in name_group_roles(address).items():
        grant = {"name": name, "person": person}
        grantors = connection.execute(_SELECT_GRANTORS, grant).scalars().all()
        if role is not but and grantors:
            # without GRANTED BY, REVOKE silently leaves grants made by other roles in place
            for grantor in grantors:
                revoke = f"REVOKE {name} FROM {quote_name(person)} GRANTED BY {quote_name(grantor)}"
                _run_as_manager(connection, revoke, address, person, grantor=grantor)
            _note(connection, person, role, given=False)
            revoked.append(role)
    return revoked


def _lock_login(connection: sa.Connection, address: ServerAddress, person: str) -> LoginState:
    """Lock a person's login and end their sessions, if that is allowed."""
    values = {"person": person}
    if connection.execute(_SELECT_OTHER_ROLES, values).scalar_one():
        return LoginState.OTHER_ROLES
    try:
        lock = f"ALTER ROLE {quote_name(person)} NOLOGIN"
        _run_as_manager(connection, lock, address, person)
    except UserError:
        return LoginState.NOT_ALLOWED
    with suppress(sa.exc.DBAPIError), connection.begin_nested():
        connection.execute(_END_SESSIONS, values)
    return LoginState.LOCKED


_SELECT_OTHER_ROLES = sa.text(
    "SELECT rolsuper OR EXISTS (SELECT 1 FROM pg_auth_members WHERE member = r.oid)"
    " FROM pg_roles r WHERE rolname = :person"
)
_END_SESSIONS = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = :person"
)


def _create_login(
    connection: sa.Connection, address: ServerAddress, person: str, password: str
) -> None:
    if not person or not password:
        raise UserError("no_such_person", person=person)
    compose = sa.text(
        "SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', CAST(:person AS text),"
        " CAST(:password AS text))"
    )
    values = {"person": person, "password": password}
    statement = connection.execute(compose, values).scalar_one()
    _run_as_manager(connection, str(statement), address, person)


def _run_as_manager(
    connection: sa.Connection,
    statement: str,
    address: ServerAddress,
    person: str,
    *,
    grantor: str = "",
) -> None:
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(statement.replace("%", "%%"))
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") not in _MAY_NOT:
            raise
        facts = {"name": address.name, "person": person}
        if grantor:
            raise UserError("role_may_not.take_access", facts, giver=grantor) from None
        raise UserError("role_may_not.give_access", facts) from None


_MAY_NOT = ("42501", "0LP01")


def _note(connection: sa.Connection, person: str, role: ProjectRole, *, given: bool) -> None:
    insert = sa.text(
        "INSERT INTO access_note (person, role, given) VALUES (:person, :role, :given)"
    )
    connection.execute(insert, {"person": person, "role": role.value, "given": given})
