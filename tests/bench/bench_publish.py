"""What publishing costs: seconds for each part and the set, and until the map opens."""

import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "publish"))

from browser import CHROMIUM
from driven import browser

from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects.open_project import create_project
from zoneplanner.app.projects.sample_data import log_sample_week
from zoneplanner.app.publishing.handout import HandoutRequest
from zoneplanner.app.publishing.publication import (
    collect_edition,
    list_documents,
    publish_edition,
    render_edition,
)

AUDIENCE = "own"
ATLAS_S, SET_S, USABLE_MS = 3, 10, 1000


def main(slower: int = 1) -> None:
    """Print each part beside its target, which is for a machine ``slower`` times as slow."""
    targets = {"map": "600 KB", "atlas": f"{slower * ATLAS_S} s"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        session = create_project(folder / "district.gpkg")
        add_first_plan(session)
        log_sample_week(session, days=40)
        content = collect_edition(session, HandoutRequest(AUDIENCE))
        print(f"{'published for the office':24}{'wall s':>8}{'CPU s':>8}{'KB':>8}{'target':>10}")
        for part in list_documents(AUDIENCE):
            begun, start = time.perf_counter(), time.process_time()
            files = render_edition(content, only=[part.key], skip_empty=True)
            spent, wall = time.process_time() - start, time.perf_counter() - begun
            size = sum(map(len, files.values())) / 1024
            print(f"{part.key:24}{wall:8.2f}{spent:8.2f}{size:8.0f}{targets.get(part.key, ''):>10}")
        begun, start = time.perf_counter(), time.process_time()
        wanted = HandoutRequest(AUDIENCE)
        made = publish_edition(session, folder / "out", wanted=wanted, allow_draft=True)
        wall, spent = time.perf_counter() - begun, time.process_time() - start
        target = f"{slower * SET_S} s"
        print(f"{'the whole set, written':24}{wall:8.2f}{spent:8.2f}{'':8}{target:>10}")
        if CHROMIUM is not None:
            with browser(folder) as page:
                page.open(made.folder / "map.html")
                shown = page.run("performance.now()")
                ready = page.run("window.planner.ready")
                print(f"{'map usable, ms':24}{ready:8.0f}{'':16}{slower * USABLE_MS:>10}")
                assert shown >= ready
        session.close()
        print(f"memory at most {getrusage(RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
