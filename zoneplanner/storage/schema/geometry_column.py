"""The geometry column: GeoPackage binary or PostGIS's EWKB, checked when written.

A single polygon or line is stored as a multi-geometry with one part and read as a single one,
because a GeoPackage table has one geometry type.
"""

import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import UserDefinedType

from zoneplanner.errors import UserError
from zoneplanner.messages import Message

POINT, LINES, AREAS = "POINT", "MULTILINESTRING", "MULTIPOLYGON"

_TYPE_NAMES = {
    POINT: ("Point",),
    LINES: ("LineString", "MultiLineString"),
    AREAS: ("Polygon", "MultiPolygon"),
}
_PROMOTE: dict[str, Callable[[list[Any]], BaseGeometry]] = {
    LINES: shapely.MultiLineString,
    AREAS: shapely.MultiPolygon,
}
_WKB_CODE = {POINT: 1, LINES: 5, AREAS: 6}
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_NO_ENVELOPE, _XY_ENVELOPE = 0b0000_0001, 0b0000_0011


class GeometryColumn(UserDefinedType[BaseGeometry]):
    """A column of one geometry kind in one coordinate system."""

    cache_ok = True

    def __init__(self, kind: str, srid: int) -> None:
        self.kind = kind
        self.srid = srid

    def get_col_spec(self, **_: Any) -> str:
        """Return the column's type in SQL."""
        return self.kind

    def bind_processor(self, dialect: Any) -> Callable[[BaseGeometry | None], bytes | str | None]:
        """Return the function that encodes a geometry for the backend."""
        write = _encode_ewkb if dialect.name == "postgresql" else encode_gpkg_geometry
        return lambda value: (
            None if value is None else write(check_geometry(value, self.kind, self.srid), self)
        )

    def result_processor(
        self, dialect: Any, coltype: object
    ) -> Callable[[Any], BaseGeometry | None]:
        """Return the function that decodes the backend's geometry."""
        read = _decode_ewkb if dialect.name == "postgresql" else decode_gpkg_geometry
        return lambda value: None if value is None else read(value, self)


@compiles(GeometryColumn, "postgresql")
def _on_postgis(column: GeometryColumn, compiler: Any, **_: Any) -> str:
    return f"geometry({column.kind}, {column.srid})"


_RECORD = Message("changed_row.unnamed")


def check_geometry(
    geometry: BaseGeometry, kind: str, srid: int, place: Message = _RECORD
) -> BaseGeometry:
    """Return the geometry if it can be stored in a column of this kind.

    Raises
    ------
    UserError
        It has another type or coordinate system, has heights, is empty, has coordinates that are
        not finite, or is invalid. The error names ``place``.
    """
    own = shapely.get_srid(geometry)
    facts: dict[str, Any] = {"place": place}
    if own not in (0, srid):
        facts |= {"shape_epsg": own, "project_epsg": srid}
        raise UserError("unstorable_shape.other_crs", facts)
    if geometry.geom_type not in _TYPE_NAMES[kind]:
        facts |= {"kind": geometry.geom_type, "expected": _TYPE_NAMES[kind][0]}
        raise UserError("unstorable_shape.other_kind", facts)
    if geometry.is_empty:
        raise UserError("unstorable_shape.empty", facts)
    if geometry.has_z:
        raise UserError("unstorable_shape.heights", facts)
    if not np.isfinite(geometry.bounds).all():
        raise UserError("unstorable_shape.not_finite", facts)
    if not geometry.is_valid:
        facts["reason"] = shapely.is_valid_reason(geometry)
        raise UserError("unstorable_shape.not_valid", facts)
    return geometry


def _encode_ewkb(geometry: BaseGeometry, column: GeometryColumn) -> str:
    """Return a geometry as hexadecimal EWKB for PostGIS."""
    shape = shapely.set_srid(_promote_to_multi(geometry, column), column.srid)
    text: str = shapely.to_wkb(shape, hex=True, include_srid=True, byte_order=1)
    return text


def _decode_ewkb(text: str, column: GeometryColumn) -> BaseGeometry:
    """Return the geometry from PostGIS, whose column guarantees the kind."""
    geometry: BaseGeometry = shapely.set_srid(shapely.from_wkb(text), 0)
    return _unwrap_single(geometry)


def _promote_to_multi(geometry: BaseGeometry, column: GeometryColumn) -> BaseGeometry:
    single = geometry.geom_type in ("Polygon", "LineString")
    return _PROMOTE[column.kind]([geometry]) if single else geometry


def _unwrap_single(geometry: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(geometry)
    return parts[0] if len(parts) == 1 else geometry


def encode_gpkg_geometry(geometry: BaseGeometry, column: GeometryColumn) -> bytes:
    """Return a geometry as GeoPackage binary: header, envelope (not for points), WKB."""
    geometry = _promote_to_multi(geometry, column)
    wkb: bytes = shapely.to_wkb(geometry, byte_order=1)
    if column.kind == POINT:
        return struct.pack("<2sBBi", b"GP", 0, _NO_ENVELOPE, column.srid) + wkb
    west, south, east, north = geometry.bounds
    head = struct.pack("<2sBBi", b"GP", 0, _XY_ENVELOPE, column.srid)
    return head + struct.pack("<4d", west, east, south, north) + wkb


def decode_gpkg_geometry(blob: bytes, column: GeometryColumn) -> BaseGeometry:
    """Return the geometry of GeoPackage binary. Raises a ValueError if it is invalid."""
    return decode_gpkg_geometries([blob], column)[0]


def decode_gpkg_geometries(blobs: Sequence[bytes], column: GeometryColumn) -> list[BaseGeometry]:
    """Decode many geometries at once, in a fifth of the time.

    The result is in order, in the meters of the column's coordinate system, easting first. Raises a
    ValueError if one of them is invalid.
    """
    shapes = shapely.from_wkb([_read_wkb(blob, column) for blob in blobs])
    is_single = shapely.get_num_geometries(shapes) == 1
    unwrapped = np.where(is_single, shapely.get_geometry(shapes, 0), shapes)
    geometries: list[BaseGeometry] = unwrapped.tolist()
    return geometries


def _read_wkb(blob: bytes, column: GeometryColumn) -> bytes:
    if (
        not isinstance(blob, bytes)
        or len(blob) < 8
        or blob[:3] != b"GP\0"
        or (blob[3] >> 1) & 7 >= len(_ENVELOPE_BYTES)
    ):
        raise ValueError(Message("unreadable_shape"))
    order = "<" if blob[3] & 1 else ">"
    (srid,) = struct.unpack_from(order + "i", blob, 4)
    if srid != column.srid:
        raise ValueError(Message("unreadable_shape.other_crs", srid=srid, expected=column.srid))
    wkb = blob[8 + _ENVELOPE_BYTES[(blob[3] >> 1) & 7] :]
    _check_wkb_structure(wkb, _WKB_CODE[column.kind])
    return wkb


def _check_wkb_structure(wkb: bytes, code: int) -> None:
    """Check the parts before shapely reads them, because deep nesting would crash the process."""
    try:
        order, found = _wkb_type(wkb, 0)
        if found != code:
            raise ValueError(Message("unreadable_shape.other_kind", kind=found, expected=code))
        if code == _WKB_CODE[POINT]:
            return
        (parts,) = struct.unpack_from(order + "I", wkb, 5)
        offset = 9
        for _ in range(parts):
            order, found = _wkb_type(wkb, offset)
            if found != code - 3:
                facts = {"kind": found, "expected": code - 3}
                raise ValueError(Message("unreadable_shape.part_of_other_kind", **facts))
            (count,) = struct.unpack_from(order + "I", wkb, offset + 5)
            offset += 9
            if found == 2:
                offset += 16 * count
                continue
            for _ in range(count):
                (points,) = struct.unpack_from(order + "I", wkb, offset)
                offset += 4 + 16 * points
    except struct.error:
        raise ValueError(Message("unreadable_shape.ends_early")) from None


def _wkb_type(wkb: bytes, offset: int) -> tuple[str, int]:
    order = "<" if wkb[offset : offset + 1] == b"\1" else ">"
    (code,) = struct.unpack_from(order + "I", wkb, offset + 1)
    return order, int(code)
