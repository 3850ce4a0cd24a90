"""Feeds broken files to the readers of foreign files.

    python tests/exchange/fuzz_door.py --minutes 60 --seed 1

It prints a count every minute and stops early on an interrupt or SIGTERM. Each file is a small
valid one with bytes changed, deleted, repeated or inserted. A reader may accept it or refuse it
with a message; on anything else the file is saved and the run ends.
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

from vector_files import (  # noqa: E402
    AT,
    CRS,
    NEAR,
    point_geometry,
    write_geojson,
    write_shapefile,
    write_shapes,
    write_workbook,
    zip_files,
)

from zoneplanner.errors import UserError  # noqa: E402
from zoneplanner.exchange.sandbox.located_rows import PlaceColumns  # noqa: E402
from zoneplanner.exchange.tables.text_table import read_text_table  # noqa: E402
from zoneplanner.exchange.tables.zone_assignments import read_zone_assignments  # noqa: E402
from zoneplanner.exchange.vector.layers import LayerLimits, read_foreign_rows  # noqa: E402

LIMITS = LayerLimits(seconds=20)
WORDS = (b'"', b",", b"\n", b"\0", b"NaN", b"1e999", b"-", b"{", b"[", b"<", b"&a;", b"PK", b"\xff")

Seeds = Mapping[str, bytes]


def write_seeds(folder: Path) -> Seeds:
    """Write small valid files and return their bytes by name."""
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
    shape = write_shapefile(folder)
    made = [
        *(folder / name for name in ("a.kml", "a.csv", "b.csv", "c.tsv")),
        write_geojson(
            folder / "a.geojson", (point_geometry(), {"name": "A"}), (area.__geo_interface__, {})
        ),
        write_shapes(folder / "a.gpkg", [Point(AT), Point(AT)], layer="a"),
        write_shapes(folder / "a.fgb", [area]),
        write_workbook(folder / "a.xlsx", rows),
        zip_files(folder / "a.zip", *(shape.with_suffix(end) for end in (".shp", ".shx", ".dbf"))),
        shape,
    ]
    return {path.name: path.read_bytes() for path in made}


def break_bytes(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes of a file with one to eight random changes."""
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


def try_readers(path: Path) -> str:
    """Pass a file to every reader for its type; return whether it was accepted."""
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


def format_tally(tally: Counter[str]) -> str:
    return f"{tally.total():,} files, {tally['taken']:,} taken, {tally['refused']:,} refused"


def main() -> None:
    """Try broken files until the time is up."""
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
        good = write_seeds(folder)
        while not asked_to_end and time.monotonic() < start + options.minutes * 60:
            if time.monotonic() > told + 60:
                told = time.monotonic()
                print(f"{(told - start) / 60:.0f} min: {format_tally(tally)}", flush=True)
            name = rng.choice(list(good))
            path = folder / name
            path.write_bytes(break_bytes(good[name], rng))
            try:
                tally[try_readers(path)] += 1
            except BaseException:
                kept = Path(tempfile.gettempdir()) / f"broke-{name}"
                kept.write_bytes(path.read_bytes())
                print(f"The file that did it is saved as {kept}.", file=sys.stderr)
                raise
            path.write_bytes(good[name])
    minutes = (time.monotonic() - start) / 60
    print(f"{format_tally(tally)} in {minutes:.1f} min, seed {options.seed}; no crash.")


if __name__ == "__main__":
    main()
