"""Write the views that declared fields make otherwise than before into the present step's text.

    python tests/storage/write_views.py

Run after a kind of record or a field is declared, in the step that brings it: what else stands in
``schema_N.sql`` stays as it is.
"""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2])]

from zoneplanner.storage.schema import ddl  # noqa: E402
from zoneplanner.storage.schema.views import build_views  # noqa: E402


def main() -> None:
    """Write ``schema_N.sql`` of the present version."""
    path = Path(ddl.__file__).with_name(f"schema_{ddl.SCHEMA_VERSION}.sql")
    parts = path.read_text(encoding="utf-8").split("\n\n") if path.exists() else []
    others = [part.strip() for part in parts if part.strip() and "CREATE VIEW" not in part]
    before = ddl.index_statements(ddl.SCHEMA_VERSION - 1)
    views = [
        text.strip()
        for name, text in build_views("sqlite").items()
        if sorted(_list_lines(text)) != sorted(_list_lines(before.get(("view", name), "")))
    ]
    path.write_text("\n\n".join([*others, *views]) + "\n", encoding="utf-8")


def _list_lines(text: str) -> list[str]:
    return [line.strip().rstrip(",") for line in text.strip().splitlines()]


if __name__ == "__main__":
    main()
