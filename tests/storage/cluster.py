"""A PostgreSQL server with PostGIS for tests, started when the first test needs it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from zoneplanner.storage import ProjectRole, ServerAddress
from zoneplanner.storage.postgres.group_roles import name_group_roles, write_setup_statements

PASSWORD = "Sesam öffne dich"
PEOPLE = {"Officer A": "planner", "Officer B": "planner", "Dispatch D": "dispatcher"}
PEOPLE |= {"Viewer V": "viewer", "Nobody N": ""}
DATABASE = "district"


def find_programs() -> Path | None:
    """Find the newest PostgreSQL with PostGIS; another one may be first on the path."""
    found: list[tuple[int, Path]] = []
    for control in Path("/usr/share/postgresql").glob("*/extension/postgis.control"):
        version = control.parent.parent.name
        folder = Path("/usr/lib/postgresql") / version / "bin"
        if (folder / "initdb").exists():
            found.append((int(version), folder))
    return max(found)[1] if found else None


class Cluster:
    """A server on a free port of this machine, with people in the three roles."""

    def __init__(
        self, folder: Path, *, durable: bool = False, copy_of: "Cluster | None" = None
    ) -> None:
        bin_folder = find_programs()
        assert bin_folder is not None
        self._bin, self.folder = bin_folder, folder
        self._durable = durable
        self._schemas = 0
        self.spare_projects: list[Any] = []
        """Laid by a test before, and as they were; see ``laid_projects``."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        if copy_of is not None:
            shutil.chown(folder, "postgres") if os.getuid() == 0 else None
            of = f"host=127.0.0.1 port={copy_of.port} user=postgres password='{PASSWORD}'"
            self._run("pg_basebackup", "-d", of, "-D", f"{folder}/data", "-R", "-c", "fast")
            self.start()
            return
        (folder / "pw").write_text(PASSWORD, encoding="utf-8")
        shutil.chown(folder, "postgres") if os.getuid() == 0 else None
        shutil.chown(folder / "pw", "postgres") if os.getuid() == 0 else None
        locale = ("-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        access = ("-U", "postgres", "-A", "scram-sha-256", f"--pwfile={folder}/pw")
        self._run("initdb", "-D", f"{folder}/data", *access, *locale)
        self.start()
        self.run(f"CREATE DATABASE {DATABASE}", database="postgres")
        self.run("CREATE EXTENSION postgis")
        for role in ("planner", "dispatcher", "viewer"):
            self.run(f"CREATE ROLE {role} NOLOGIN")
        for person, role in {"owner": "", **PEOPLE}.items():
            member = f" IN ROLE {role}" if role else ""
            self.run(f"CREATE ROLE \"{person}\" LOGIN PASSWORD '{PASSWORD}'{member}")
        self.run(f"GRANT CREATE ON DATABASE {DATABASE} TO owner")
        self.give_roles("zoneplanner")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        fast = () if self._durable else ("-c", "fsync=off", "-c", "autovacuum=off")
        options = ("-p", str(self.port), "-c", "listen_addresses=127.0.0.1", *fast)
        quiet = ("-c", f"unix_socket_directories={self.folder}", "-c", "max_connections=60")
        command = self._command("postgres", "-D", f"{self.folder}/data", *options, *quiet)
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self.connect("postgres", database="postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError((self.folder / "log").read_text(errors="replace")[-2000:])

    def serve_tls(self, certificate: Path, key: Path) -> None:
        """Serve TLS with a certificate from now on."""
        for name, source in (("server.crt", certificate), ("server.key", key)):
            target = self.folder / "data" / name
            shutil.copy(source, target)
            target.chmod(0o600)
            if os.getuid() == 0:
                shutil.chown(target, "postgres", "postgres")
        self.run("ALTER SYSTEM SET ssl = on", database="postgres")
        self.run("SELECT pg_reload_conf()", database="postgres")

    def kill(self) -> None:
        """Kill the server and all its processes at once, as a power failure would."""
        main = self._postmaster()
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        for process in (main, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._server.wait(30)
        deadline = time.monotonic() + 30
        while any(Path(f"/proc/{child}").exists() for child in children):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def promote(self) -> None:
        """Promote a standby to primary, as its administrator would."""
        self._run("pg_ctl", "promote", "-D", f"{self.folder}/data", "-w")

    def stop(self) -> None:
        """Stop the server at once and disconnect everybody."""
        if self._server.poll() is None:
            os.kill(self._postmaster(), signal.SIGQUIT)
            self._server.wait(30)

    def _postmaster(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def connect(self, user: str, *, database: str = DATABASE) -> psycopg.Connection[Any]:
        """Open a plain connection, as another program would."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=user, password=PASSWORD, dbname=database
        )

    def run(self, statement: str, *, user: str = "postgres", database: str = DATABASE) -> None:
        """Run and commit one statement."""
        with self.connect(user, database=database) as connection:
            connection.autocommit = True
            connection.execute(statement)  # type: ignore[call-overload]

    def new_schema(self) -> str:
        """Return an unused schema name in which the test people have roles."""
        self._schemas += 1
        schema = f"project_{self._schemas}"
        self.give_roles(schema)
        return schema

    def give_roles(self, schema: str) -> None:
        """Create a project's roles as administrator and grant them to the test people."""
        names = name_group_roles(self.address("owner", schema))
        with self.connect("postgres") as connection:
            for statement in write_setup_statements(self.address("owner", schema)):
                connection.execute(statement)  # type: ignore[call-overload]
            for person, role in PEOPLE.items():
                if role:
                    connection.execute(f'GRANT {names[ProjectRole(role)]} TO "{person}"')  # type: ignore[call-overload]

    def address(self, user: str, schema: str) -> ServerAddress:
        """Return the address with which a person opens a project."""
        return ServerAddress(user, "127.0.0.1", self.port, DATABASE, schema, password=PASSWORD)

    def _command(self, program: str, *args: str) -> list[str]:
        as_postgres = ("runuser", "-u", "postgres", "--") if os.getuid() == 0 else ()
        return [*as_postgres, str(self._bin / program), *args]

    def _run(self, program: str, *args: str) -> None:
        done = subprocess.run(
            self._command(program, *args), capture_output=True, text=True, check=False, cwd="/"
        )
        assert done.returncode == 0, done.stderr


@contextmanager
def running_cluster(*, durable: bool = False, copy_of: Cluster | None = None) -> Iterator[Cluster]:
    """Start a server, optionally as a standby of another, and remove it afterward."""
    folder = Path(tempfile.mkdtemp(prefix="planner-pg-"))
    folder.chmod(0o755)
    cluster = Cluster(folder, durable=durable, copy_of=copy_of)
    try:
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
