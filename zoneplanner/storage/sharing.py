"""Share a project: carry a file to a PostgreSQL server, all or nothing."""

import sqlalchemy as sa

from zoneplanner.errors import ProgressReport
from zoneplanner.storage import copying, journal, laying
from zoneplanner.storage.address import Address
from zoneplanner.storage.server import Server
from zoneplanner.storage.values import Head


def share(
    source: sa.Connection, meta: sa.MetaData, address: Address, report: ProgressReport
) -> Head:
    """Lay a project's tables on a server and fill them; return the journal's head there."""
    server = Server(address)
    try:
        with server.laying() as target:
            laying.lay_tables(target, meta, address.schema)
            copying.carry(source, target, meta, report)
            laying.lay_rules(target, meta, address.schema)
            return journal.head(target, meta.tables["journal_entry"])
    finally:
        server.close()
