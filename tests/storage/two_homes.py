"""The sample project in a file or shared on a PostgreSQL server, with one interface."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from builders import create_store
from cluster import Cluster
from laid_projects import take_project
from storage_samples import AT, project

from zoneplanner import storage

_RUN = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"


class InFile:
    """A project file; anyone who can open it can do everything."""

    def __init__(self, path: Path) -> None:
        self.place: Path = path
        create_store(path, project(), actor="Officer A", at=AT).close()

    def open(self, person: str = "Officer A", *, read_only: bool = False) -> storage.Store:
        """Open it at another desk."""
        return storage.open(self.place, read_only=read_only)

    def rows(self, query: str) -> list[Any]:
        """What another program sees."""
        with closing(sqlite3.connect(f"file:{self.place}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def run(self, statement: str) -> None:
        """Let another program change something."""
        command = [sys.executable, "-c", _RUN, str(self.place), statement]
        subprocess.run(command, check=True, timeout=60)


class OnServer:
    """A shared project; Officer A and Officer B are planners."""

    def __init__(self, cluster: Cluster, path: Path) -> None:
        self._laid = take_project(cluster, path)
        self.cluster, self.schema = cluster, self._laid.schema
        self.place = cluster.address("Officer A", self.schema)

    def __enter__(self) -> "OnServer":
        return self

    def __exit__(self, *_: object) -> None:
        """Release the project for another test if it can be reset."""
        if self._laid.put_back():
            self.cluster.spare_projects.append(self._laid)

    def open(self, person: str = "Officer A", *, read_only: bool = False) -> storage.Store:
        """Open it at another desk, as one of the people of the cluster."""
        address = self.cluster.address(person, self.schema)
        return storage.open(address, read_only=read_only, desk=f"desk of {person}")

    def rows(self, query: str, person: str = "owner") -> list[Any]:
        """What another program sees."""
        with self.cluster.connect(person) as connection:
            connection.execute(f"SET search_path = {self.schema}, public")
            return connection.execute(query).fetchall()  # type: ignore[call-overload,no-any-return]

    def run(self, statement: str, person: str = "owner", *, keep: bool = True) -> None:
        """Let another program change something; with ``keep`` off it is only tried."""
        with self.cluster.connect(person) as connection:
            connection.execute(f"SET search_path = {self.schema}, public")
            connection.execute(statement)  # type: ignore[call-overload]
            if not keep:
                connection.rollback()


Home = InFile | OnServer
