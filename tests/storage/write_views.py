"""Note what the views that declared fields make now are known by, once for each landing.

    python tests/storage/write_views.py

Run after a kind of record or a field was declared, or a view was changed. Marks of views that
landed stay: files of those programs have them.
"""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2])]

from zoneplanner.storage.schema import views  # noqa: E402


def main() -> None:
    """Add the present mark to ``view_marks.txt``, as the last."""
    mark = views.compute_view_mark(views.build_views("sqlite"))
    others = [one for one in views.read_view_marks() if one != mark]
    path = Path(views.__file__).with_name("view_marks.txt")
    path.write_text("\n".join([*others, mark]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
