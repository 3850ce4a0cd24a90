"""Data out: a project's layers and tables in the formats that other programs read."""

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
    """A format: what people call it, its ending, whether one file holds several layers.

    ``tables`` and ``shapes`` are what it can hold.
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
_OF_PLAN = ("zones", "plan")
_SHAPES_ALONE = ("jurisdictions", "blocks", "district")
"""Layers that tell nothing without their shapes; a workbook's cell does not hold those."""
_DELIMITERS = {"csv": ",", "tsv": "\t"}


@dataclass(frozen=True, eq=False, slots=True)
class ExportResult:
    """The files that were written and how many rows of each layer are in them."""

    files: tuple[Path, ...]
    rows: dict[str, int]

    @property
    def text(self) -> str:
        """Say what was written in a sentence."""
        told = ", ".join(f"{count:,} {name}" for name, count in self.rows.items())
        where = self.files[0] if len(self.files) == 1 else self.files[0].parent
        return f"Written to {where}: {told}."


def list_format_layers(kind: str) -> tuple[str, ...]:
    """Return the names of the layers and tables that a format can hold."""
    own = EXPORT_FORMATS[kind]
    if kind in ("nena", "ics"):
        return ()
    shapes = tuple(name for name in LAYER_BUILDERS if kind != "xlsx" or name not in _SHAPES_ALONE)
    return (*shapes, *TABLE_BUILDERS) if own.tables else shapes


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
    """Write layers of a project as ``kind`` to a file, or to a folder with a file each.

    A path with the format's ending is one file; it holds all layers where the format can, else the
    one that is named, else the sites. ``layers`` are all that there are where none is named;
    ``plan`` is that on screen. ``audience`` is who gets it: of each layer only the columns that
    may leave for them are written. What is there already is replaced, whole or not at all.

    Raises
    ------
    UserError
        The format or a layer is unknown, does not fit or may not leave for the audience, there is
        nothing to write, or it cannot be written; nothing is left half-written.
    """
    if kind not in EXPORT_FORMATS:
        raise UserError(
            "unknown_format",
            format=kind,
            known=list(EXPORT_FORMATS),
        )
    find_audience(audience)
    own, path = EXPORT_FORMATS[kind], path.absolute()
    for target in (path, _with_ending(path, own.ending)):
        session.store.check_target(target)
    state = session.state
    if plan is not None:
        state = derive_state(state.saved_project, state.saved_project.plan(plan), state)
    if kind == "ics":
        refuse_unreleased_layers(("calendar",), audience)
        return _export_calendar(session, path, with_notes=audience == OWN)
    if kind == "nena":
        return _export_nena(session, state, _with_ending(path, own.ending), report)
    refuse_unreleased_layers(layers, audience)
    names = _choose_layers(kind, path, layers)
    chosen = layers or names
    if not layers and state.plan is None:
        names = tuple(name for name in names if name not in _OF_PLAN)
    builders = {**LAYER_BUILDERS, **TABLE_BUILDERS}
    names = tuple(name for name in names if is_exported(audience, name))
    made = [select_released_columns(builders[name](session, state), audience) for name in names]
    kept = [layer for layer in made if layer.rows or (layers and layer.name in layers)]
    if not kept:
        raise UserError("nothing_to_write.layers", layers=list(chosen))
    writer = _Writer(kind, state.saved_project.crs, state.saved_project.name, report)
    alone = own.several or path.suffix in (own.ending, ".zip")
    files = writer.one_file(path, kept) if alone else writer.folder(path, kept)
    return ExportResult(tuple(files), {layer.name: len(layer.rows) for layer in kept})


def refuse_unreleased_layers(layers: Sequence[str], audience: str) -> None:
    """Refuse layers of which nothing leaves for an audience; that it exists is looked at too."""
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
    """Return a layer with the columns that may leave for an audience."""
    may = set(list_exported_columns(audience, layer.name, [one.name for one in layer.columns]))
    kept = [at for at, column in enumerate(layer.columns) if column.name in may]
    return replace(
        layer,
        columns=tuple(layer.columns[at] for at in kept),
        rows=tuple(tuple(row[at] for at in kept) for row in layer.rows),
    )


def _choose_layers(kind: str, path: Path, layers: Sequence[str]) -> tuple[str, ...]:
    own, fit = EXPORT_FORMATS[kind], list_format_layers(kind)
    for name in layers:
        if name not in fit:
            raise UserError("format_cannot_hold", layer=name, format=own.title, known=list(fit))
    if own.several or path.suffix != own.ending:
        return tuple(layers) or fit
    if len(layers) > 1:
        raise UserError("several_layers.one_a_file", format=own.title, count=len(layers))
    return tuple(layers) or ("sites",)


@dataclass(frozen=True, eq=False, slots=True)
class _Writer:
    """Writes layers of one project in one format."""

    kind: str
    crs: str
    title: str
    report: ProgressReport

    def one_file(self, path: Path, layers: Sequence[ExportLayer]) -> list[Path]:
        """Write all layers to one file, and what belongs to it beside it; or zip them."""
        if path.suffix == ".zip":
            return [self._zipped(path, layers)]
        path = _with_ending(path, EXPORT_FORMATS[self.kind].ending)
        with stage_atomic_write(path) as part:
            self._write(part, layers)
            names = sorted(file.name for file in part.parent.iterdir())
        return [path.parent / name for name in names]

    def folder(self, path: Path, layers: Sequence[ExportLayer]) -> list[Path]:
        """Write a file for each layer; all are there before the first is moved to its place."""
        made_folder = not path.exists()
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
            if made_folder and not any(path.iterdir()):
                path.rmdir()
            raise
        return [path / name for name in names]

    def _zipped(self, path: Path, layers: Sequence[ExportLayer]) -> Path:
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
        for at, layer in enumerate(layers):
            self.report(at / (len(layers) + 1), layer.title)
            self._write(folder / f"{layer.name}{EXPORT_FORMATS[self.kind].ending}", [layer])

    def _write(self, part: Path, layers: Sequence[ExportLayer]) -> None:
        if self.kind in _DELIMITERS:
            layer = layers[0]
            if layer.name in _SHAPES_ALONE:
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

    def begin_of(day: date | None) -> datetime | None:
        return datetime.combine(day, time(), zone) if day else None

    layer = build_police_polygons(
        collect_police_zones(state),
        updated=session.clock(),
        effective=begin_of(plan.effective_on if plan else None),
        expires=begin_of(plan.expires_on if plan else None),
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
    """Write the posted shifts: to a file all, to a folder a calendar for each who serves."""

    project = session.saved_project
    if not with_notes:
        bare = {uid: replace(shift, note="") for uid, shift in project.shifts.items()}
        project = replace(project, shifts=bare)
    schedule.list_shift_calendars(project)  # refuses where no shift is final
    if path.suffix == EXPORT_FORMATS["ics"].ending:
        files = [write_file_atomically(path, encode_shift_calendar(project))]
    else:
        files = schedule.write_shift_calendars(project, path)
    return ExportResult(tuple(files), {"calendars": len(files)})


def _with_ending(path: Path, ending: str) -> Path:
    return path if path.suffix == ending else path.with_name(path.name + ending)
