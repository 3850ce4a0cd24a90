"""Who has access to a shared project: its own three group roles, and the people in them.

Roles are of the whole server, so that a project's are named after its database and schema:
``district_zoneplanner_viewer`` reads this project and no other.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from zoneplanner.errors import UserError
from zoneplanner.storage.postgres.address import LONGEST_IDENTIFIER, ServerAddress
from zoneplanner.storage.roles import SERVER_ROLES, ProjectRole

_NOT_PLAIN = re.compile("[^a-z0-9_]")


class PersonAccess(NamedTuple):
    """Who may do what in a shared project, since when, and who gave it to them.

    ``since`` is None where it was given by other means than this program.
    """

    person: str
    role: ProjectRole
    since: datetime | None = None
    given_by: str = ""


def name_group_role(role: ProjectRole, database: str, schema: str) -> str:
    """Return the name of a project's group role; such a name needs no quotes."""
    stem, end = f"{database}_{schema}", f"_{role}"
    plain = _NOT_PLAIN.sub("_", stem)
    clear = plain == stem and plain[0].isalpha() and "_" not in schema  # where one ends is clear
    if not clear or len(stem) + len(end) > LONGEST_IDENTIFIER:
        mark = hashlib.sha256(f"{database}\n{schema}".encode()).hexdigest()[:8]
        plain = f"p{plain}"[: LONGEST_IDENTIFIER - len(end) - len(mark) - 1] + f"_{mark}"
    return plain + end


def name_group_roles(address: ServerAddress) -> dict[ProjectRole, str]:
    """Return the names of a project's group roles."""
    return {role: name_group_role(role, address.database, address.schema) for role in SERVER_ROLES}


def quote_name(name: str) -> str:
    """Return a name as SQL writes it, whatever it is."""
    return '"' + name.replace('"', '""') + '"'


def write_setup_statements(address: ServerAddress) -> list[str]:
    """Return what an administrator runs once so that the person of an address may share there."""
    owner = quote_name(address.user or "owner")
    names = name_group_roles(address).values()
    return [
        "CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public",
        f"GRANT CREATE ON DATABASE {quote_name(address.database)} TO {owner}",
        *(f"CREATE ROLE {name} NOLOGIN" for name in names),
        *(f"GRANT {name} TO {owner} WITH ADMIN OPTION" for name in names),
    ]


def prepare_server(connection: sa.Connection, address: ServerAddress) -> None:
    """Do, as an administrator, what the person of an address needs; what is there stays.

    Raises
    ------
    UserError
        There is no such login and the address has no password for one, or one may not do it.
    """
    there = set(connection.exec_driver_sql("SELECT rolname FROM pg_roles").scalars())
    if address.user not in there:
        _create_login(connection, address, address.user, address.password)
    for statement in write_setup_statements(address):
        words = statement.split()
        if words[:2] != ["CREATE", "ROLE"] or words[2] not in there:
            _run_as_manager(connection, statement, address, address.user)


def list_access(connection: sa.Connection, address: ServerAddress) -> list[PersonAccess]:
    """Return who has which access, the owner and the most able first."""
    given = {
        (row.person, row.role): row
        for row in connection.exec_driver_sql(
            "SELECT DISTINCT ON (person, role) person, role, at, given_by FROM access_note"
            " WHERE given ORDER BY person, role, at DESC"
        )
    }
    found = [
        PersonAccess(owner, ProjectRole.OWNER)
        for owner in connection.exec_driver_sql(
            "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = current_schema()"
        ).scalars()
    ]
    for role, name in name_group_roles(address).items():
        for person in _list_members(connection, name):
            if any(person == one.person for one in found):
                continue
            note = given.get((person, role.value))
            since = datetime.fromisoformat(note.at) if note is not None else None
            found.append(PersonAccess(person, role, since, note.given_by if note else ""))
    return found


def _list_members(connection: sa.Connection, group: str) -> Iterator[str]:
    query = sa.text(
        "SELECT member.rolname FROM pg_auth_members m JOIN pg_roles member ON member.oid = m.member"
        " JOIN pg_roles own ON own.oid = m.roleid WHERE own.rolname = :name"
        " AND member.rolcanlogin ORDER BY member.rolname"
    )
    yield from connection.execute(query, {"name": group}).scalars()


def give_access(
    connection: sa.Connection,
    address: ServerAddress,
    person: str,
    role: ProjectRole,
    *,
    password: str = "",
) -> None:
    """Give a person one role, in place of any other; with a password a login is made for them.

    Raises
    ------
    UserError
        There is no such login and no password for one, or one may not give access.
    """
    known = sa.text("SELECT count(*) FROM pg_roles WHERE rolname = :name")
    if not connection.execute(known, {"name": person}).scalar_one():
        _create_login(connection, address, person, password)
    for other, name in name_group_roles(address).items():
        if other is not role and person in _list_members(connection, name):
            _run_as_manager(connection, _revoke(name, person), address, person)
    grant = f"GRANT {name_group_roles(address)[role]} TO {quote_name(person)}"
    _run_as_manager(connection, grant, address, person)
    _note(connection, person, role, given=True)


def take_access(
    connection: sa.Connection, address: ServerAddress, person: str
) -> list[ProjectRole]:
    """Take all roles of a project from a person; return those that they had.

    What they logged and edited keeps their name.
    """
    taken = []
    for role, name in name_group_roles(address).items():
        if person in _list_members(connection, name):
            _run_as_manager(connection, _revoke(name, person), address, person)
            _note(connection, person, role, given=False)
            taken.append(role)
    if not taken:
        raise UserError("no_access", person=person, name=address.name)
    return taken


def _revoke(group: str, person: str) -> str:
    return f"REVOKE {group} FROM {quote_name(person)}"


def _create_login(
    connection: sa.Connection, address: ServerAddress, person: str, password: str
) -> None:
    if not person or not password:
        raise UserError("no_such_person", person=person)
    compose = sa.text(
        "SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', CAST(:person AS text),"
        " CAST(:password AS text))"
    )
    made = connection.execute(compose, {"person": person, "password": password}).scalar_one()
    _run_as_manager(connection, str(made), address, person)


def _run_as_manager(
    connection: sa.Connection, statement: str, address: ServerAddress, person: str
) -> None:
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(statement.replace("%", "%%"))
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") not in _MAY_NOT:
            raise
        raise UserError("role_may_not.give_access", name=address.name, person=person) from None


_MAY_NOT = ("42501", "0LP01")


def _note(connection: sa.Connection, person: str, role: ProjectRole, *, given: bool) -> None:
    insert = sa.text(
        "INSERT INTO access_note (person, role, given) VALUES (:person, :role, :given)"
    )
    connection.execute(insert, {"person": person, "role": role.value, "given": given})
