"""Share a project: carry a file to a PostgreSQL server, all or nothing."""

import sqlalchemy as sa

from zoneplanner.errors import ProgressReport
from zoneplanner.storage import copying, journal, laying
from zoneplanner.storage.address import ServerAddress
from zoneplanner.storage.server import PostgresConnection
from zoneplanner.storage.values import JournalHead


def share_project(
    source: sa.Connection, meta: sa.MetaData, address: ServerAddress, report: ProgressReport
) -> JournalHead:
    """Lay a project's tables on a server and fill them; return the journal's head there."""
    server = PostgresConnection(address)
    try:
        with server.laying() as target:
            laying.create_server_tables(target, meta, address.schema)
            copying.copy_rows(source, target, meta, report)
            laying.create_triggers_and_grants(target, meta, address.schema)
            return journal.read_head(target, meta.tables["journal_entry"])
    finally:
        server.close()
