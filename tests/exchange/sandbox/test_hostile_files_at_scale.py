"""The door for foreign files at full scale: 3 GB out of 3 MB, ten million corners."""

import multiprocessing
import resource
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely
from builders import create_store, project_from
from shapely.geometry.base import BaseGeometry
from vector_files import AT, written

from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.session.session import Session
from zoneplanner.errors import UserError

pytestmark = pytest.mark.long

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
GB = 1_000_000_000
CORNERS = 10_000_000
MOST_BYTES = 1_500_000_000
"""What this process may come to hold; the file's own 3 GB would not fit."""


def swelling(name: str, member: str) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        path, chunk = folder / name, bytes(10_000_000)
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
            archive.open(member, "w", force_zip64=True) as file,
        ):
            file.write(b"{" if member.endswith("json") else b"<kml>")
            for _ in range(3 * GB // len(chunk)):
                file.write(chunk)
        assert path.stat().st_size < 4_000_000
        return path

    return made


def lying(folder: Path) -> Path:
    """A zip file that says it holds ten bytes."""
    path = swelling("lying.zip", "a.geojson")(folder)
    data = path.read_bytes()
    start = data.rindex(b"PK\1\2")
    head = bytearray(data[start:])
    head[24:28] = (10).to_bytes(4, "little")
    path.write_bytes(data[:start] + bytes(head))
    return path


def round_area() -> BaseGeometry:
    turn = np.linspace(0, 2 * np.pi, CORNERS)
    return shapely.polygons(np.column_stack([AT[0] + np.cos(turn) / 10, AT[1] + np.sin(turn) / 10]))


def as_text(folder: Path) -> Path:
    path = folder / "round.geojson"
    path.write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, '
        f'"geometry": {shapely.to_geojson(round_area())}}}]}}'
    )
    return path


FILES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a zip of 3 GB": (swelling("a.zip", "a.geojson"), "too large"),
    "a KMZ of 3 GB": (swelling("a.kmz", "doc.kml"), "too large"),
    "a workbook of 3 GB": (swelling("a.xlsx", "xl/workbook.xml"), "too large"),
    "a zip that lies about its 3 GB": (lying, "as a zip file|not the kind|cannot be read"),
    "ten million corners in FlatGeobuf": (
        lambda folder: written(folder / "round.fgb", [round_area()]),
        "more than 5,000,000 corners|more memory",
    ),
    "ten million corners in GeoJSON": (as_text, "a shape that is too large"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_too_much_is_refused_and_costs_little_here(
    case: str, tmp_path: Path
) -> None:
    made, words = FILES[case]
    path = made(tmp_path)
    store = create_store(tmp_path / "p.gpkg", project_from("AAB"), actor="p", at=NOW)
    session = Session(store, actor="p", desk="d", clock=lambda: NOW)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UserError, match=words) as caught:
        import_file(session, path, "jurisdictions")
    assert caught.value.message.endswith(".")
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MOST_BYTES
    assert not multiprocessing.active_children()
    assert session.undo_label is None
    session.close()
