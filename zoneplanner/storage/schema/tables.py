"""The schema: one set of tables for every home of a project.

Editable tables carry ``row_version``, ``changed_by`` and ``changed_at``; ``KEYS`` names the
columns that identify a row. Times are ISO 8601 text in UTC.
"""

from functools import cache

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.sql.schema import SchemaItem

from zoneplanner.storage.schema.geometry_column import AREAS, LINES, POINT, GeometryColumn

_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared byte by byte in every home, so that times are in order as they are."""

KEY_COLUMNS: dict[str, tuple[str, ...]] = {
    "app_meta": ("key",),
    "setting": ("name",),
    "jurisdiction": ("id",),
    "site": ("id",),
    "block": ("id",),
    "layer": ("id",),
    "feature_area": ("position",),
    "feature_line": ("position",),
    "feature_point": ("position",),
    "agency": ("id",),
    "unit": ("id",),
    "unit_access": ("unit", "jurisdiction"),
    "plan": ("uid",),
    "zone": ("plan", "id"),
    "assignment": ("plan", "site"),
    "plan_lock": ("plan", "kind", "target"),
    "block_override": ("plan", "block"),
    "plan_pin": ("plan", "uid"),
    "plan_site": ("plan", "site"),
    "officer": ("id",),
    "post": ("uid",),
    "shift": ("uid",),
    "swap": ("uid",),
}
GEOMETRY_TYPES = {
    "jurisdiction": AREAS,
    "site": POINT,
    "block": AREAS,
    "feature_area": AREAS,
    "feature_line": LINES,
    "feature_point": POINT,
    "plan_pin": POINT,
    "zone_area": AREAS,
}


@cache
def build_tables(srid: int) -> MetaData:
    """Return the tables of a project whose geometry is in EPSG:``srid``; nobody changes them.

    Describing them takes 20 ms, a third of opening a small project, so it is done once.
    """
    meta = MetaData()
    _add_tracked_table(meta, "app_meta", _text_column("key"), _text_column("value"))
    _add_tracked_table(meta, "setting", _text_column("name"), _text_column("value"))
    _add_map_tables(meta, srid)
    _add_tracked_table(
        meta,
        "agency",
        _text_column("id"),
        _text_column("short"),
        _text_column("phone"),
        _position_column(),
    )
    _add_tracked_table(
        meta,
        "unit",
        *(_text_column(name) for name in ("id", "name", "agency", "kind", "posts")),
        *(Column(name, Boolean, nullable=False) for name in ("sworn", "holds_zone")),
        _position_column(),
    )
    _add_tracked_table(
        meta,
        "unit_access",
        *(_text_column(name) for name in ("unit", "jurisdiction", "access")),
        _reference_to("unit", to="unit.id"),
    )
    _add_plan_tables(meta)
    _add_plan_mark_tables(meta, srid)
    _add_roster_tables(meta)
    _add_derived_tables(meta, srid)
    _add_log_tables(meta)
    return meta


def _add_map_tables(meta: MetaData, srid: int) -> None:
    shape = {name: GeometryColumn(kind, srid) for name, kind in GEOMETRY_TYPES.items()}
    area = (_text_column("name"), _text_column("kind"), _position_column())
    _add_tracked_table(
        meta, "jurisdiction", _geometry_column(shape["jurisdiction"]), _text_column("id"), *area
    )
    words = ("id", "name", "level", "grades", "street", "city", "zip", "phone", "kind")
    decision = ("jurisdiction", "by", "at", "why")
    _add_tracked_table(
        meta,
        "site",
        _geometry_column(shape["site"]),
        *(_text_column(name) for name in words),
        Column("enrollment", Integer),
        *(Column(name, Boolean, nullable=False) for name in ("patrolled", "charter")),
        *(_text_column(name) for name in ("enrollment_note", "note")),
        *(Column(f"decision_{name}", _TEXT) for name in decision),
        _position_column(),
    )
    _add_tracked_table(
        meta,
        "block",
        _geometry_column(shape["block"]),
        _text_column("id"),
        _text_column("jurisdiction"),
        _position_column(),
    )
    _add_tracked_table(
        meta,
        "layer",
        *(_text_column(name) for name in ("id", "title", "publisher", "vintage", "terms", "crs")),
        _text_column("source"),
        Column("own", Boolean, nullable=False),
        Column("colour", Integer, nullable=False),
        _position_column(),
    )
    for name in ("feature_area", "feature_line", "feature_point"):
        texts = (_text_column(word) for word in ("layer", "name", "fields"))
        _add_tracked_table(meta, name, _geometry_column(shape[name]), *texts, _position_column())


def _add_plan_tables(meta: MetaData) -> None:
    _add_tracked_table(
        meta,
        "plan",
        *(_text_column(name) for name in ("uid", "name", "note")),
        Column("parent", _TEXT),
        Column("tolerance", Double, nullable=False),
        Column("made_at", _TEXT),
        Column("proposed_on", Date),
        Column("effective_on", Date),
        Column("expires_on", Date),
        Column("proof_cost", Double),
        Column("proof_bound", Double),
        Column("proof_inputs", _TEXT),
        _position_column(),
    )
    _add_tracked_table(
        meta,
        "zone",
        *(_text_column(name) for name in ("plan", "id", "name", "unit")),
        Column("colour", Integer, nullable=False),
        _position_column(),
        _reference_to("plan", to="plan.uid"),
    )
    columns = (_text_column(name) for name in ("plan", "site", "zone"))
    _add_tracked_table(
        meta, "assignment", *columns, _reference_to("site", to="site.id"), _zone_reference()
    )
    columns = (_text_column(name) for name in ("plan", "block", "zone"))
    _add_tracked_table(
        meta, "block_override", *columns, _zone_reference(), _reference_to("block", to="block.id")
    )


def _add_plan_mark_tables(meta: MetaData, srid: int) -> None:
    """What else a plan holds: locks, notes on the map, and what it takes for true of sites."""
    columns = (_text_column(name) for name in ("plan", "kind", "target", "reason", "held"))
    _add_tracked_table(meta, "plan_lock", *columns, _reference_to("plan", to="plan.uid"))
    _add_tracked_table(
        meta,
        "plan_pin",
        _geometry_column(GeometryColumn(GEOMETRY_TYPES["plan_pin"], srid)),
        *(_text_column(name) for name in ("plan", "uid", "text", "by", "at")),
        _reference_to("plan", to="plan.uid"),
    )
    _add_tracked_table(
        meta,
        "plan_site",
        _text_column("plan"),
        _text_column("site"),
        Column("patrolled", Boolean),
        Column("enrollment", Integer),
        _reference_to("plan", to="plan.uid"),
        _reference_to("site", to="site.id"),
    )


def _add_roster_tables(meta: MetaData) -> None:
    lists = ("units", "jurisdictions", "qualifications", "prefers", "contact", "times")
    _add_tracked_table(
        meta,
        "officer",
        *(_text_column(name) for name in ("id", "name", "agency", "kind", *lists)),
        Column("until", Date),
        _position_column(),
    )
    _add_tracked_table(
        meta,
        "post",
        *(_text_column(name) for name in ("uid", "unit", "starts", "ends", "weekdays")),
        Column("ends_early", _TEXT),
        *(_text_column(name) for name in ("kind", "title", "needs")),
        *(Column(name, Date) for name in ("first", "last")),
        Column("school_days", Boolean, nullable=False),
        Column("officers", Integer, nullable=False),
        _position_column(),
    )
    words = ("starts_at", "ends_at", "status", "kind", "title", "needs", "note", "former")
    _add_tracked_table(
        meta,
        "shift",
        *(_text_column(name) for name in ("uid", "unit", *words, "overrides")),
        *(Column(name, _TEXT) for name in ("officer", "post", "cancelled_at", "revised_at")),
        Column("locked", Boolean, nullable=False),
        Column("sequence", Integer, nullable=False),
        _position_column(),
    )
    _add_tracked_table(
        meta,
        "swap",
        *(
            _text_column(name)
            for name in ("uid", "shift", "officer", "taker", "asked_at", "status")
        ),
        *(_text_column(name) for name in ("answered_by", "reason")),
        *(Column(name, _TEXT) for name in ("other", "answered_at")),
        _position_column(),
    )


def _add_derived_tables(meta: MetaData, srid: int) -> None:
    Table(
        "zone_area",
        meta,
        _fid_column(),
        _geometry_column(GeometryColumn(GEOMETRY_TYPES["zone_area"], srid)),
        *(_text_column(name) for name in ("plan", "zone", "plan_name", "zone_name", "unit")),
        *(Column(name, Integer, nullable=False) for name in ("colour", "sites")),
        Column("shown", Boolean, nullable=False),
        *(Column(name, Double) for name in ("load_min", "deviation")),
        Column("pieces", Integer),
        UniqueConstraint("plan", "zone"),
    )
    Table(
        "log_name",
        meta,
        Column("number", Integer, primary_key=True),
        _text_column("name"),
        UniqueConstraint("name"),
    )
    Table(
        "log_pack",
        meta,
        _fid_column(),
        *(_text_column(name) for name in ("kind", "place")),
        Column("year", Integer, nullable=False),
        Column("data", LargeBinary, nullable=False),
        UniqueConstraint("kind", "place", "year"),
    )
    Table(
        "call_entry",
        meta,
        _fid_column(),
        Column("entry", Integer, nullable=False),
        _text_column("record"),
        UniqueConstraint("record", "entry"),
        Index("call_entry_entry", "entry"),
    )
    Table(
        "last_visit",
        meta,
        _fid_column(),
        _text_column("site"),
        _text_column("at"),
        UniqueConstraint("site"),
    )


def _add_log_tables(meta: MetaData) -> None:
    Table(
        "edit",
        meta,
        Column("seq", Integer, primary_key=True),
        *(_text_column(name) for name in ("label", "actor", "at")),
        Column("step", Integer, nullable=False),
        Column("jump", Boolean, nullable=False),
        Column("plan", _TEXT),
        *(_text_column(name) for name in ("before", "after")),
    )
    Table(
        "journal_entry",
        meta,
        Column("seq", Integer, primary_key=True),
        _text_column("uid"),
        _text_column("kind"),
        Column("site", _TEXT),
        Column("unit", _TEXT),
        *(
            _text_column(name)
            for name in ("occurred_at", "recorded_at", "actor", "desk", "payload")
        ),
        Column("supersedes", _TEXT),
        *(_text_column(name) for name in ("prev_hash", "hash")),
        UniqueConstraint("uid"),
        _reference_to("supersedes", to="journal_entry.uid"),
        Index("journal_entry_kind", "kind", "seq"),
        Index(
            "journal_entry_supersedes",
            "supersedes",
            sqlite_where=text("supersedes IS NOT NULL"),
        ),
    )


def _add_tracked_table(meta: MetaData, name: str, *items: SchemaItem) -> Table:
    return Table(
        name,
        meta,
        _fid_column(),
        *items,
        Column("row_version", Integer, nullable=False, server_default=text("1")),
        *(
            Column(column, _TEXT, nullable=False, server_default=text("''"))
            for column in ("changed_by", "changed_at")
        ),
        UniqueConstraint(*KEY_COLUMNS[name]),
    )


def _fid_column() -> Column[int]:
    return Column("fid", Integer, primary_key=True)


def _text_column(name: str) -> Column[str]:
    return Column(name, _TEXT, nullable=False)


def _position_column() -> Column[int]:
    return Column("position", Integer, nullable=False)


def _geometry_column(column: GeometryColumn) -> Column[object]:
    return Column("geom", column, nullable=False)


def _reference_to(column: str, *, to: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint([column], [to], deferrable=True, initially="DEFERRED")


def _zone_reference() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["plan", "zone"], ["zone.plan", "zone.id"], deferrable=True, initially="DEFERRED"
    )
