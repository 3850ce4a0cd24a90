"""Write the sample file of the current schema version, before a migration step is added.

    python tests/storage/make_sample.py

It contains the sample project, edits, an undone edit, an external change, visits and a correction.
"""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1])]

from storage_samples import AT, EDIT, LOG, move_site, project, visit  # noqa: E402

from zoneplanner import storage  # noqa: E402
from zoneplanner.app.session.session import Session  # noqa: E402

ELSEWHERE = (
    "import sqlite3, sys; base = sqlite3.connect(sys.argv[1]);"
    " base.execute(\"UPDATE site SET note = 'by GIS' WHERE id = 'a'\"); base.commit()"
)


def main() -> None:
    """Write ``samples/version_N.gpkg``."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sample.gpkg"
        store = storage.create(path, project(), actor="Officer A", at=AT)
        before = store.project()
        store.save(before, move_site(before, "b", "S1"), label="Move School b", **EDIT)
        session = Session(store, actor="Officer A", desk="desk 1", clock=lambda: EDIT["at"])
        session.apply("Rename", lambda own: replace(own, name="Hill"))
        session.undo()
        subprocess.run([sys.executable, "-c", ELSEWHERE, str(path)], check=True)
        session.poll()
        store.append_many([visit("v1"), visit("v2"), visit("v3", supersedes="v1")], **LOG)
        session.close()
        with closing(sqlite3.connect(path)) as base:
            base.execute("PRAGMA journal_mode=DELETE")  # so that reading it does not change it
        shutil.copy(path, HERE / "samples" / f"version_{storage.SCHEMA_VERSION}.gpkg")


if __name__ == "__main__":
    main()
