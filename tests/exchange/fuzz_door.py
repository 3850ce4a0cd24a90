"""Throws broken files at the readers of foreign files.

    python tests/exchange/fuzz_door.py --minutes 60 --seed 1

It tells its count every minute, and ends early on an interrupt or a request to end. Each file is a
small good one with bytes changed, cut, doubled or put in. A reader may take it or refuse it in a
sentence; anything else is printed with the file that did it, and ends the run.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from shapely.geometry import Point, box

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from vector_files import AT, CRS, NEAR, geojson, shapefile, spot, workbook, written, zipped  # noqa: E402

from zoneplanner.errors import UserError  # noqa: E402
from zoneplanner.exchange.sandbox.located_rows import PlaceColumns  # noqa: E402
from zoneplanner.exchange.tables.text_table import read_text_table  # noqa: E402
from zoneplanner.exchange.tables.zone_assignments import read_zone_assignments  # noqa: E402
from zoneplanner.exchange.vector.layers import LayerLimits, read_foreign_rows  # noqa: E402

LIMITS = LayerLimits(seconds=20)
WORDS = (b'"', b",", b"\n", b"\0", b"NaN", b"1e999", b"-", b"{", b"[", b"<", b"&a;", b"PK", b"\xff")

Seeds = Mapping[str, bytes]


def seeds(folder: Path) -> Seeds:
    """Return small good files by name."""
    rows = [["id", "name", "latitude", "longitude"], ["1", "Hill", AT[1], AT[0]]]
    area = box(AT[0], AT[1], AT[0] + 0.1, AT[1] + 0.1)
    kml = (
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>A</name><Point>'
        f"<coordinates>{AT[0]},{AT[1]}</coordinates></Point></Placemark></Document></kml>"
    )
    (folder / "a.kml").write_text(kml)
    (folder / "a.csv").write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n")
    (folder / "b.csv").write_text(f'id,wkt\n1,"{area.wkt}"\n2,"SRID=4326;{Point(AT).wkt}"\n')
    (folder / "c.tsv").write_bytes("site\tzone\nGröße\tA\n".encode("cp1252"))
    shape = shapefile(folder)
    made = [
        *(folder / name for name in ("a.kml", "a.csv", "b.csv", "c.tsv")),
        geojson(folder / "a.geojson", (spot(), {"name": "A"}), (area.__geo_interface__, {})),
        written(folder / "a.gpkg", [Point(AT), Point(AT)], layer="a"),
        written(folder / "a.fgb", [area]),
        workbook(folder / "a.xlsx", rows),
        zipped(folder / "a.zip", *(shape.with_suffix(end) for end in (".shp", ".shx", ".dbf"))),
        shape,
    ]
    return {path.name: path.read_bytes() for path in made}


def broken(data: bytes, rng: random.Random) -> bytes:
    """Return a file with one to eight things done to it."""
    found = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(found) + 1)
        what = rng.randrange(5)
        if what == 0 and found:
            found[at % len(found)] = rng.randrange(256)
        elif what == 1:
            found[at:at] = rng.choice(WORDS) * rng.choice((1, 1, 2, 50))
        elif what == 2:
            del found[at : at + rng.randint(1, 40)]
        elif what == 3:
            found[at:at] = found[at : at + rng.randint(1, 200)]
        else:
            number = rng.choice((0, 1, 2**31 - 1, 2**31, 2**32 - 1)).to_bytes(4, "little")
            found[at : at + 4] = number
    return bytes(found)


def throw(path: Path) -> str:
    """Give a file to every reader that its name fits; return what the door made of it."""
    readers: list[Callable[[], object]] = []
    if path.suffix in (".csv", ".tsv"):
        readers += [
            lambda: list(read_text_table(path, known=(), needed=()).rows()),
            lambda: read_zone_assignments(path),
        ]
    for reader in readers:
        try:
            reader()
        except UserError as error:
            assert error.message
    try:
        places = PlaceColumns(needed=False)
        found = read_foreign_rows(
            path, crs=CRS, near=NEAR, source_crs="EPSG:4326", places=places, limits=LIMITS
        )
    except UserError as error:
        assert error.message
        return "refused"
    assert all(row.shape is None or row.shape.is_valid for row in found.rows)
    return "taken"


def summary(tally: Counter[str]) -> str:
    """Return how many files were thrown and what became of them."""
    return f"{tally.total():,} files, {tally['taken']:,} taken, {tally['refused']:,} refused"


def main() -> None:
    """Throw files until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng, tally = random.Random(options.seed), Counter[str]()
    asked_to_end: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda asked, _: asked_to_end.append(asked))
    start = told = time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        good = seeds(folder)
        while not asked_to_end and time.monotonic() < start + options.minutes * 60:
            if time.monotonic() > told + 60:
                told = time.monotonic()
                print(f"{(told - start) / 60:.0f} min: {summary(tally)}", flush=True)
            name = rng.choice(list(good))
            path = folder / name
            path.write_bytes(broken(good[name], rng))
            try:
                tally[throw(path)] += 1
            except BaseException:
                kept = Path(tempfile.gettempdir()) / f"broke-{name}"
                kept.write_bytes(path.read_bytes())
                print(f"The file that did it is kept as {kept}.", file=sys.stderr)
                raise
            path.write_bytes(good[name])
    minutes = (time.monotonic() - start) / 60
    print(f"{summary(tally)} in {minutes:.1f} min, seed {options.seed}; the main process stands.")


if __name__ == "__main__":
    main()
