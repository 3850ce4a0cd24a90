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

from zoneplanner.storage.geometry import AREAS, LINES, POINT, GeometryColumn

_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared byte by byte in every home, so that times are in order as they are."""

KEYS: dict[str, tuple[str, ...]] = {
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
GEOMETRY_KINDS = {
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
def build(srid: int) -> MetaData:
    """Return the tables of a project whose geometry is in EPSG:``srid``; nobody changes them.

    Describing them takes 20 ms, a third of opening a small project, so it is done once.
    """
    meta = MetaData()
    _tracked(meta, "app_meta", _text("key"), _text("value"))
    _tracked(meta, "setting", _text("name"), _text("value"))
    _map_tables(meta, srid)
    _tracked(meta, "agency", _text("id"), _text("short"), _text("phone"), _position())
    _tracked(
        meta,
        "unit",
        *(_text(name) for name in ("id", "name", "agency", "kind", "posts")),
        *(Column(name, Boolean, nullable=False) for name in ("sworn", "holds_zone")),
        _position(),
    )
    _tracked(
        meta,
        "unit_access",
        *(_text(name) for name in ("unit", "jurisdiction", "access")),
        _refers("unit", to="unit.id"),
    )
    _plan_tables(meta)
    _marks_of_plans(meta, srid)
    _roster_tables(meta)
    _derived_tables(meta, srid)
    _log_tables(meta)
    return meta


def _map_tables(meta: MetaData, srid: int) -> None:
    shape = {name: GeometryColumn(kind, srid) for name, kind in GEOMETRY_KINDS.items()}
    area = (_text("name"), _text("kind"), _position())
    _tracked(meta, "jurisdiction", _geom(shape["jurisdiction"]), _text("id"), *area)
    words = ("id", "name", "level", "grades", "street", "city", "zip", "phone", "kind")
    decision = ("jurisdiction", "by", "at", "why")
    _tracked(
        meta,
        "site",
        _geom(shape["site"]),
        *(_text(name) for name in words),
        Column("enrollment", Integer),
        *(Column(name, Boolean, nullable=False) for name in ("patrolled", "charter")),
        *(_text(name) for name in ("enrollment_note", "note")),
        *(Column(f"decision_{name}", _TEXT) for name in decision),
        _position(),
    )
    _tracked(meta, "block", _geom(shape["block"]), _text("id"), _text("jurisdiction"), _position())
    _tracked(
        meta,
        "layer",
        *(_text(name) for name in ("id", "title", "publisher", "vintage", "terms", "crs")),
        _text("source"),
        Column("own", Boolean, nullable=False),
        Column("colour", Integer, nullable=False),
        _position(),
    )
    for name in ("feature_area", "feature_line", "feature_point"):
        texts = (_text(word) for word in ("layer", "name", "fields"))
        _tracked(meta, name, _geom(shape[name]), *texts, _position())


def _plan_tables(meta: MetaData) -> None:
    _tracked(
        meta,
        "plan",
        *(_text(name) for name in ("uid", "name", "note")),
        Column("parent", _TEXT),
        Column("tolerance", Double, nullable=False),
        Column("made_at", _TEXT),
        Column("proposed_on", Date),
        Column("effective_on", Date),
        Column("expires_on", Date),
        Column("proof_cost", Double),
        Column("proof_bound", Double),
        Column("proof_inputs", _TEXT),
        _position(),
    )
    _tracked(
        meta,
        "zone",
        *(_text(name) for name in ("plan", "id", "name", "unit")),
        Column("colour", Integer, nullable=False),
        _position(),
        _refers("plan", to="plan.uid"),
    )
    columns = (_text(name) for name in ("plan", "site", "zone"))
    _tracked(meta, "assignment", *columns, _refers("site", to="site.id"), _zone_of_plan())
    columns = (_text(name) for name in ("plan", "block", "zone"))
    _tracked(meta, "block_override", *columns, _zone_of_plan(), _refers("block", to="block.id"))


def _marks_of_plans(meta: MetaData, srid: int) -> None:
    """What else a plan holds: locks, notes on the map, and what it takes for true of sites."""
    columns = (_text(name) for name in ("plan", "kind", "target", "reason", "held"))
    _tracked(meta, "plan_lock", *columns, _refers("plan", to="plan.uid"))
    _tracked(
        meta,
        "plan_pin",
        _geom(GeometryColumn(GEOMETRY_KINDS["plan_pin"], srid)),
        *(_text(name) for name in ("plan", "uid", "text", "by", "at")),
        _refers("plan", to="plan.uid"),
    )
    _tracked(
        meta,
        "plan_site",
        _text("plan"),
        _text("site"),
        Column("patrolled", Boolean),
        Column("enrollment", Integer),
        _refers("plan", to="plan.uid"),
        _refers("site", to="site.id"),
    )


def _roster_tables(meta: MetaData) -> None:
    lists = ("units", "jurisdictions", "qualifications", "prefers", "contact", "times")
    _tracked(
        meta,
        "officer",
        *(_text(name) for name in ("id", "name", "agency", "kind", *lists)),
        Column("until", Date),
        _position(),
    )
    _tracked(
        meta,
        "post",
        *(_text(name) for name in ("uid", "unit", "starts", "ends", "weekdays")),
        Column("ends_early", _TEXT),
        *(_text(name) for name in ("kind", "title", "needs")),
        *(Column(name, Date) for name in ("first", "last")),
        Column("school_days", Boolean, nullable=False),
        Column("officers", Integer, nullable=False),
        _position(),
    )
    words = ("starts_at", "ends_at", "status", "kind", "title", "needs", "note", "former")
    _tracked(
        meta,
        "shift",
        *(_text(name) for name in ("uid", "unit", *words, "overrides")),
        *(Column(name, _TEXT) for name in ("officer", "post", "cancelled_at", "revised_at")),
        Column("locked", Boolean, nullable=False),
        Column("sequence", Integer, nullable=False),
        _position(),
    )
    _tracked(
        meta,
        "swap",
        *(_text(name) for name in ("uid", "shift", "officer", "taker", "asked_at", "status")),
        *(_text(name) for name in ("answered_by", "reason")),
        *(Column(name, _TEXT) for name in ("other", "answered_at")),
        _position(),
    )


def _derived_tables(meta: MetaData, srid: int) -> None:
    Table(
        "zone_area",
        meta,
        _fid(),
        _geom(GeometryColumn(GEOMETRY_KINDS["zone_area"], srid)),
        *(_text(name) for name in ("plan", "zone", "plan_name", "zone_name", "unit")),
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
        _text("name"),
        UniqueConstraint("name"),
    )
    Table(
        "log_pack",
        meta,
        _fid(),
        *(_text(name) for name in ("kind", "place")),
        Column("year", Integer, nullable=False),
        Column("data", LargeBinary, nullable=False),
        UniqueConstraint("kind", "place", "year"),
    )
    Table(
        "call_entry",
        meta,
        _fid(),
        Column("entry", Integer, nullable=False),
        _text("record"),
        UniqueConstraint("record", "entry"),
        Index("call_entry_entry", "entry"),
    )
    Table("last_visit", meta, _fid(), _text("site"), _text("at"), UniqueConstraint("site"))


def _log_tables(meta: MetaData) -> None:
    Table(
        "edit",
        meta,
        Column("seq", Integer, primary_key=True),
        *(_text(name) for name in ("label", "actor", "at")),
        Column("step", Integer, nullable=False),
        Column("jump", Boolean, nullable=False),
        Column("plan", _TEXT),
        *(_text(name) for name in ("before", "after")),
    )
    Table(
        "journal_entry",
        meta,
        Column("seq", Integer, primary_key=True),
        _text("uid"),
        _text("kind"),
        Column("site", _TEXT),
        Column("unit", _TEXT),
        *(_text(name) for name in ("occurred_at", "recorded_at", "actor", "desk", "payload")),
        Column("supersedes", _TEXT),
        *(_text(name) for name in ("prev_hash", "hash")),
        UniqueConstraint("uid"),
        _refers("supersedes", to="journal_entry.uid"),
        Index("journal_entry_kind", "kind", "seq"),
        Index(
            "journal_entry_supersedes",
            "supersedes",
            sqlite_where=text("supersedes IS NOT NULL"),
        ),
    )


def _tracked(meta: MetaData, name: str, *items: SchemaItem) -> Table:
    return Table(
        name,
        meta,
        _fid(),
        *items,
        Column("row_version", Integer, nullable=False, server_default=text("1")),
        *(
            Column(column, _TEXT, nullable=False, server_default=text("''"))
            for column in ("changed_by", "changed_at")
        ),
        UniqueConstraint(*KEYS[name]),
    )


def _fid() -> Column[int]:
    return Column("fid", Integer, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, _TEXT, nullable=False)


def _position() -> Column[int]:
    return Column("position", Integer, nullable=False)


def _geom(column: GeometryColumn) -> Column[object]:
    return Column("geom", column, nullable=False)


def _refers(column: str, *, to: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint([column], [to], deferrable=True, initially="DEFERRED")


def _zone_of_plan() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["plan", "zone"], ["zone.plan", "zone.id"], deferrable=True, initially="DEFERRED"
    )
