"""Hostile files at full scale: 3 GB packed into 3 MB, ten million vertices."""

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
from vector_files import AT, write_shapes

from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.session.session import Session
from zoneplanner.errors import UserError

pytestmark = pytest.mark.long

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
GB = 1_000_000_000
CORNERS = 10_000_000
MOST_BYTES = 1_500_000_000
"""The most memory this process may use; the file's 3 GB would not fit."""


def zip_bomb_writer(name: str, member: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
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

    return write


def write_lying_zip(folder: Path) -> Path:
    """A zip bomb that claims to contain ten bytes."""
    path = zip_bomb_writer("lying.zip", "a.geojson")(folder)
    data = path.read_bytes()
    start = data.rindex(b"PK\1\2")
    head = bytearray(data[start:])
    head[24:28] = (10).to_bytes(4, "little")
    path.write_bytes(data[:start] + bytes(head))
    return path


def build_round_area() -> BaseGeometry:
    turn = np.linspace(0, 2 * np.pi, CORNERS)
    return shapely.polygons(np.column_stack([AT[0] + np.cos(turn) / 10, AT[1] + np.sin(turn) / 10]))


def write_round_geojson(folder: Path) -> Path:
    path = folder / "round.geojson"
    path.write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, '
        f'"geometry": {shapely.to_geojson(build_round_area())}}}]}}'
    )
    return path


FILES: dict[str, tuple[Callable[[Path], Path], set[str]]] = {
    "a zip of 3 GB": (zip_bomb_writer("a.zip", "a.geojson"), {"too_large.unpacked"}),
    "a KMZ of 3 GB": (zip_bomb_writer("a.kmz", "doc.kml"), {"too_large.unpacked"}),
    "a workbook of 3 GB": (
        zip_bomb_writer("a.xlsx", "xl/workbook.xml"),
        {"too_large.unpacked_xml"},
    ),
    "a zip that lies about its 3 GB": (
        write_lying_zip,
        {"unreadable_file.no_zip", "unreadable_file.other_kind", "unreadable_file.layer"},
    ),
    "ten million corners in FlatGeobuf": (
        lambda folder: write_shapes(folder / "round.fgb", [build_round_area()]),
        {"too_large.vertices", "unreadable_file.memory", "unreadable_file.died"},
    ),
    "ten million corners in GeoJSON": (write_round_geojson, {"unreadable_file.layer"}),
}


@pytest.mark.parametrize("case", FILES)
def test_an_oversized_file_is_refused_with_little_memory(case: str, tmp_path: Path) -> None:
    write, codes = FILES[case]
    path = write(tmp_path)
    store = create_store(tmp_path / "p.gpkg", project_from("AAB"), actor="p", at=NOW)
    session = Session(store, actor="p", desk="d", clock=lambda: NOW)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UserError) as caught:
        import_file(session, path, "jurisdictions")
    assert caught.value.template in codes
    assert caught.value.message.endswith(".")
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MOST_BYTES
    assert not multiprocessing.active_children()
    assert session.undo_label is None
    session.close()
