"""Export a project's layers and tables in the formats that other programs read."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from zoneplanner.app.exports.atomic_files import stage_atomic_write, write_file_atomically
from zoneplanner.app.exports.layers import (
    LAYER_BUILDERS,
    TABLE_BUILDERS,
    collect_police_zones,
    convert_layer_to_lonlat,
)
from zoneplanner.app.roster import schedule
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.locale_formats import CSV_ENCODING
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.formats.export_layer import ExportLayer
from zoneplanner.exchange.formats.kml import build_kml
from zoneplanner.exchange.formats.nena import PLANNING_ONLY_WARNING, build_police_polygons
from zoneplanner.exchange.formats.spreadsheets import add_wkt_column, build_csv, write_workbook
from zoneplanner.messages import Message
from zoneplanner.publish.audience import (
    AUDIENCES,
    OWN,
    find_audience,
    is_exported,
    list_exported_columns,
)
from zoneplanner.publish.data.calendars import encode_shift_calendar
from zoneplanner.staging import make_work_folder

_DEGREES = "EPSG:4326"


@dataclass(frozen=True, slots=True)
class _ExportFormat:
    """A format: its name for people, its file ending, and whether a file can have several layers.

    ``tables`` and ``shapes`` are what it can store.
    """

    title: str
    ending: str
    several: bool
    shapes: bool = True
    tables: bool = False


EXPORT_FORMATS = {
    "gpkg": _ExportFormat("GeoPackage", ".gpkg", several=True),
    "geojson": _ExportFormat("GeoJSON", ".geojson", several=False),
    "csv": _ExportFormat("CSV", ".csv", several=False, tables=True),
    "tsv": _ExportFormat("TSV, separated by tabs", ".tsv", several=False, tables=True),
    "kml": _ExportFormat("KML for Google Earth", ".kml", several=True),
    "kmz": _ExportFormat("KMZ, compressed KML", ".kmz", several=True),
    "shp": _ExportFormat("Shapefile", ".shp", several=False),
    "fgb": _ExportFormat("FlatGeobuf", ".fgb", several=False),
    "xlsx": _ExportFormat("Workbook (XLSX)", ".xlsx", several=True, tables=True),
    "nena": _ExportFormat("NENA PolicePolygon, for planning only", ".gpkg", several=True),
    "ics": _ExportFormat("Calendar of posted shifts", ".ics", several=True, shapes=False),
}
_PLAN_LAYERS = ("zones", "plan")
_SHAPES_ONLY = ("jurisdictions", "blocks", "district")
"""Layers that are useless without their shapes, which a workbook cannot store."""
_DELIMITERS = {"csv": ",", "tsv": "\t"}


@dataclass(frozen=True, eq=False, slots=True)
class ExportResult:
    """The files that were written, and the number of rows by layer."""

    files: tuple[Path, ...]
    rows: dict[str, int]

    @property
    def message(self) -> Message:
        """Return a message on what was written."""
        counts = ", ".join(f"{name} ({count:,})" for name, count in self.rows.items())
        place = self.files[0] if len(self.files) == 1 else self.files[0].parent
        return Message("exported", place=place, counts=counts)


def list_format_layers(kind: str) -> tuple[str, ...]:
    """Return the names of the layers and tables that a format can store."""
    file_format = EXPORT_FORMATS[kind]
    if kind in ("nena", "ics"):
        return ()
    shapes = tuple(name for name in LAYER_BUILDERS if kind != "xlsx" or name not in _SHAPES_ONLY)
    return (*shapes, *TABLE_BUILDERS) if file_format.tables else shapes


def export_file(
    session: Session,
    kind: str,
    path: Path,
    *,
    layers: Sequence[str] = (),
    plan: str | None = None,
    audience: str = OWN,
    report: ProgressReport = lambda fraction, text: None,
) -> ExportResult:
    """Write layers of a project in the format ``kind`` to a file, or to a folder with a file for
    each.

    A path with the format's ending is one file. It contains all layers if the format allows it, or
    else the named layer, by default the sites. Without ``layers``, all are written; ``plan`` is by
    default the plan on screen. Only the columns that may be released to the ``audience`` are
    written. An existing file is replaced as a whole or not at all.

    Raises
    ------
    UserError
        The format or a layer is unknown, does not fit or is not for the audience; there is nothing
        to write; or it cannot be written. No incomplete file is left behind.
    """
    if kind not in EXPORT_FORMATS:
        raise UserError("unknown_format", format=kind, known=list(EXPORT_FORMATS))
    find_audience(audience)
    file_format, path = EXPORT_FORMATS[kind], path.absolute()
    for target in (path, _add_ending(path, file_format.ending)):
        session.store.check_target(target)
    state = session.state
    if plan is not None:
        state = derive_state(state.saved_project, state.saved_project.plan(plan), state)
    if kind == "ics":
        refuse_unreleased_layers(("calendar",), audience)
        return _export_calendar(session, path, with_notes=audience == OWN)
    if kind == "nena":
        return _export_nena(session, state, _add_ending(path, file_format.ending), report)
    refuse_unreleased_layers(layers, audience)
    names = _choose_layers(kind, path, layers)
    chosen = layers or names
    if not layers and state.plan is None:
        names = tuple(name for name in names if name not in _PLAN_LAYERS)
    builders = {**LAYER_BUILDERS, **TABLE_BUILDERS}
    names = tuple(name for name in names if is_exported(audience, name))
    exported = [select_released_columns(builders[name](session, state), audience) for name in names]
    written = [layer for layer in exported if layer.rows or (layers and layer.name in layers)]
    if not written:
        raise UserError("nothing_to_write.layers", layers=list(chosen))
    writer = _Writer(kind, state.saved_project.crs, state.saved_project.name, report)
    is_one_file = file_format.several or path.suffix in (file_format.ending, ".zip")
    write = writer.write_one_file if is_one_file else writer.write_folder
    return ExportResult(
        tuple(write(path, written)), {layer.name: len(layer.rows) for layer in written}
    )


def refuse_unreleased_layers(layers: Sequence[str], audience: str) -> None:
    """Refuse layers that are not released to an audience; unknown layers are ignored."""
    known_layers = {"calendar", *LAYER_BUILDERS, *TABLE_BUILDERS}
    for name in layers:
        if name in known_layers and not is_exported(audience, name):
            reader = find_audience(audience)
            known = [key for key in AUDIENCES if is_exported(key, name)]
            raise UserError(
                "not_for_audience.layer",
                layer=name,
                audience=reader.key,
                reader=reader.title.lower(),
                audiences=known,
            )


def select_released_columns(layer: ExportLayer, audience: str) -> ExportLayer:
    """Return a layer with only the columns that are released to an audience."""
    released = set(
        list_exported_columns(audience, layer.name, [column.name for column in layer.columns])
    )
    indexes = [index for index, column in enumerate(layer.columns) if column.name in released]
    return replace(
        layer,
        columns=tuple(layer.columns[index] for index in indexes),
        rows=tuple(tuple(row[index] for index in indexes) for row in layer.rows),
    )


def _choose_layers(kind: str, path: Path, layers: Sequence[str]) -> tuple[str, ...]:
    file_format, supported = EXPORT_FORMATS[kind], list_format_layers(kind)
    for name in layers:
        if name not in supported:
            raise UserError(
                "format_cannot_hold", layer=name, format=file_format.title, known=list(supported)
            )
    if file_format.several or path.suffix != file_format.ending:
        return tuple(layers) or supported
    if len(layers) > 1:
        raise UserError("several_layers.one_a_file", format=file_format.title, count=len(layers))
    return tuple(layers) or ("sites",)


@dataclass(frozen=True, eq=False, slots=True)
class _Writer:
    """Writes layers of a project in one format."""

    kind: str
    crs: str
    title: str
    report: ProgressReport

    def write_one_file(self, path: Path, layers: Sequence[ExportLayer]) -> list[Path]:
        """Write all layers to one file, with its accompanying files; or zip them."""
        if path.suffix == ".zip":
            return [self._write_zip(path, layers)]
        path = _add_ending(path, EXPORT_FORMATS[self.kind].ending)
        with stage_atomic_write(path) as part:
            self._write(part, layers)
            names = sorted(file.name for file in part.parent.iterdir())
        return [path.parent / name for name in names]

    def write_folder(self, path: Path, layers: Sequence[ExportLayer]) -> list[Path]:
        """Write a file for each layer; all are complete before the first is moved."""
        is_new_folder = not path.exists()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                "cannot_write.make_folder", path=str(path), reason=error.strerror
            ) from error
        names: list[str] = []
        try:
            with stage_atomic_write(path / layers[0].name) as part:
                self._write_each(part.parent, layers)
                names = sorted(file.name for file in part.parent.iterdir())
        except BaseException:
            if is_new_folder and not any(path.iterdir()):
                path.rmdir()
            raise
        return [path / name for name in names]

    def _write_zip(self, path: Path, layers: Sequence[ExportLayer]) -> Path:
        with (
            make_work_folder() as folder,
            stage_atomic_write(path) as part,
        ):
            self._write_each(Path(folder), layers)
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
                for file in sorted(Path(folder).iterdir()):
                    packed.write(file, file.name)
        return path

    def _write_each(self, folder: Path, layers: Sequence[ExportLayer]) -> None:
        for index, layer in enumerate(layers):
            self.report(index / (len(layers) + 1), layer.title)
            self._write(folder / f"{layer.name}{EXPORT_FORMATS[self.kind].ending}", [layer])

    def _write(self, part: Path, layers: Sequence[ExportLayer]) -> None:
        if self.kind in _DELIMITERS:
            layer = layers[0]
            if layer.name in _SHAPES_ONLY:
                layer = add_wkt_column(convert_layer_to_lonlat(layer, self.crs))
            text = build_csv(layer, _DELIMITERS[self.kind])
            part.write_text(text, encoding=CSV_ENCODING, newline="")
        elif self.kind == "xlsx":
            write_workbook(part, layers, self.report)
        elif self.kind in ("kml", "kmz"):
            shown = [convert_layer_to_lonlat(layer, self.crs) for layer in layers]
            text = build_kml(self.title, [(layer, layer.shapes or ()) for layer in shown])
            if self.kind == "kml":
                part.write_text(text, encoding="utf-8")
                return
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
                packed.writestr("doc.kml", text)
        else:
            from zoneplanner.exchange.formats.gdal_layers import write_vector_layers

            crs = self.crs
            if self.kind == "geojson":
                layers, crs = [convert_layer_to_lonlat(layer, crs) for layer in layers], _DEGREES
            write_vector_layers(part, layers, crs=crs, report=self.report)


def _export_nena(
    session: Session, state: ProjectState, path: Path, report: ProgressReport
) -> ExportResult:
    from zoneplanner.exchange.formats.gdal_layers import write_vector_layers

    plan, zone = state.plan, ZoneInfo(state.project.time_zone)

    def find_start(day: date | None) -> datetime | None:
        return datetime.combine(day, time(), zone) if day else None

    layer = build_police_polygons(
        collect_police_zones(state),
        updated=session.clock(),
        effective=find_start(plan.effective_on if plan else None),
        expires=find_start(plan.expires_on if plan else None),
    )
    note = f"{path.stem}-READ-FIRST.txt"
    with stage_atomic_write(path) as part:
        write_vector_layers(part, [layer], crs=_DEGREES, report=report)
        part.with_name(note).write_text(
            f"{PLANNING_ONLY_WARNING}\n{layer.about}\n", encoding="utf-8"
        )
    files = (path, path.with_name(note))
    return ExportResult(files, {layer.name: len(layer.rows)})


def _export_calendar(session: Session, path: Path, *, with_notes: bool) -> ExportResult:
    """Write the posted shifts: to one file, or to a folder with a calendar for each officer."""
    project = session.saved_project
    if not with_notes:
        bare = {uid: replace(shift, note="") for uid, shift in project.shifts.items()}
        project = replace(project, shifts=bare)
    schedule.list_shift_calendars(project)  # raises if no shift is posted
    if path.suffix == EXPORT_FORMATS["ics"].ending:
        files = [write_file_atomically(path, encode_shift_calendar(project))]
    else:
        files = schedule.write_shift_calendars(project, path)
    return ExportResult(tuple(files), {"calendars": len(files)})


def _add_ending(path: Path, ending: str) -> Path:
    return path if path.suffix == ending else path.with_name(path.name + ending)
