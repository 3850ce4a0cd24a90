"""Record the fingerprint of the current views.

    python tests/storage/write_views.py

Run it after a record kind, a field or a view changes. Earlier fingerprints stay, because files of
earlier versions contain those views.
"""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2])]

from zoneplanner.storage.schema import views  # noqa: E402


def main() -> None:
    """Append the current fingerprint to ``view_marks.txt``."""
    mark = views.compute_view_mark(views.build_views("sqlite"))
    others = [one for one in views.read_view_marks() if one != mark]
    path = Path(views.__file__).with_name("view_marks.txt")
    path.write_text("\n".join([*others, mark]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
