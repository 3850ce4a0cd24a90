"""Views for other programs: the log's current records, and schools and zones without joins.

They are generated from the declared fields of each kind of record, for files and servers.
Corrections and voids are applied, removed texts are missing, and entries that are not valid JSON
are omitted. This program reads none of them. Opening a file replaces an earlier program's views; a
server gets new views with each structure.

Views that none of our programs made are a fault of a file. ``view_marks.txt`` contains the mark of
every set of views that our programs have made, the current one last.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.journal import MADE_VISIT_STATUSES, UNIT_STAMPS
from zoneplanner.domain.log.record_schema import RecordKind, ValueType

HELPER_VIEWS = ("log_correction", "log_record", "log_stamp", "current_plan")
"""The views that the others read: the entries that correct a record, the current records, live
stamps, and the plan in force today or else the one added last."""

_LAST_LISTED = 999
"""Units at positions beyond this are not listed in an entry, but have stamped."""
_STAMPS_BEFORE_ARRIVAL = ("dispatched_at", "enroute_at")
"""After another unit's arrival, these stamps are not the call's first."""


@dataclass(frozen=True, slots=True)
class _Sql:
    """The expressions of one kind of database for JSON, lists and days.

    In SQLite, a view's column has a type only if it is cast, and casts cannot give times, days and
    flags. Such a column gets its type from a column that the last arm of a compound query reads,
    although that arm returns no rows.
    """

    head: str
    today: str
    day_of: str
    payload: str
    is_object: str
    texts: str
    text: str
    number: str
    boolean: str
    free_text: str
    listed_units: str
    joined_units: str
    real: str
    moment: str
    day: str
    flag: str


_FILE = _Sql(
    head='CREATE VIEW "{name}" AS',
    today="date('now', 'localtime')",
    day_of="date({0}, 'localtime')",
    payload="CASE WHEN json_valid({column}) THEN {column} END",
    is_object="CASE WHEN json_valid({0}) THEN json_type({0}) END = 'object'",
    texts="(SELECT group_concat(value, ';') FROM json_each(payload, '$.{0}'))",
    text="json_extract(payload, '$.{0}')",
    number="json_extract(payload, '$.{0}')",
    boolean="json_extract(payload, '$.{0}')",
    free_text="coalesce(json_extract(text, '$.{0}'), json_extract(payload, '$.{0}'))",
    listed_units="json_each(payload, '$.units') AS item",
    joined_units="group_concat(unit, ';')",
    real="REAL",
    moment="(SELECT strftime('%Y-%m-%dT%H:%M:%fZ', {0})"
    " UNION ALL SELECT last_change FROM gpkg_contents WHERE false)",
    day='(SELECT date({0}) UNION ALL SELECT effective_on FROM "plan" WHERE false)',
    flag="(SELECT {0} UNION ALL SELECT patrolled FROM site WHERE false)",
)
_SERVER_ZONE = "(SELECT value FROM app_meta WHERE key = 'project_time_zone')"
_SERVER_MOMENT = "CASE WHEN pg_input_is_valid({0}, 'timestamptz') THEN ({0})::timestamptz END"
_SERVER = _Sql(
    head='CREATE VIEW "{name}" WITH (security_invoker = true) AS',
    today=f"(now() AT TIME ZONE {_SERVER_ZONE})::date",
    day_of=f"(({_SERVER_MOMENT}) AT TIME ZONE {_SERVER_ZONE})::date",
    payload="CASE WHEN pg_input_is_valid({column}, 'jsonb') THEN {column}::jsonb END",
    is_object="CASE WHEN pg_input_is_valid({0}, 'jsonb') THEN jsonb_typeof({0}::jsonb) END"
    " = 'object'",
    texts="(SELECT string_agg(value, ';' ORDER BY place) FROM jsonb_array_elements_text("
    "CASE jsonb_typeof(payload -> '{0}') WHEN 'array' THEN payload -> '{0}' END)"
    " WITH ORDINALITY AS item (value, place))",
    text="payload ->> '{0}'",
    number="CASE jsonb_typeof(payload -> '{0}') WHEN 'number'"
    " THEN (payload ->> '{0}')::double precision END",
    boolean="CASE jsonb_typeof(payload -> '{0}') WHEN 'boolean'"
    " THEN (payload ->> '{0}')::boolean END",
    free_text="coalesce(text ->> '{0}', payload ->> '{0}')",
    listed_units="jsonb_array_elements_text(CASE jsonb_typeof(payload -> 'units')"
    " WHEN 'array' THEN payload -> 'units' END) WITH ORDINALITY AS item (value, key)",
    joined_units="string_agg(unit, ';' ORDER BY place)",
    real="double precision",
    moment=_SERVER_MOMENT,
    day="CASE WHEN pg_input_is_valid({0}, 'date') THEN ({0})::date END",
    flag="{0}",
)
_BY_DIALECT = {"sqlite": _FILE, "postgresql": _SERVER}

_CORRECTIONS = """
WITH RECURSIVE later (root, seq, uid) AS (
	SELECT one.supersedes, one.seq, one.uid
	FROM journal_entry AS one JOIN journal_entry AS first ON first.uid = one.supersedes
	WHERE first.supersedes IS NULL AND {is_object}
	UNION ALL
	SELECT later.root, one.seq, one.uid
	FROM later JOIN journal_entry AS one ON one.supersedes = later.uid
	WHERE {is_object}
)
SELECT root, seq, uid FROM later"""

_RECORDS = """
SELECT first.seq AS fid, first.uid, one.kind, one.site, one.unit, one.occurred_at,
	{payload} AS payload,
	{text} AS text
FROM journal_entry AS first
LEFT JOIN (SELECT root, max(seq) AS seq FROM log_correction GROUP BY root) AS last
	ON last.root = first.uid
CROSS JOIN journal_entry AS one
WHERE one.seq = coalesce(last.seq, first.seq) AND first.supersedes IS NULL AND {is_object}"""
"""SQLite keeps the order of a cross join; in another order it would compare all pairs of rows."""

_STAMPS = """
SELECT incident, unit, {last_listed} + min(fid) AS place,
	{picked}
FROM (
	SELECT record.fid, coalesce(later.root, {incident}) AS incident,
		coalesce(nullif({unit}, ''), record.unit, '') AS unit, {name} AS name,
		record.occurred_at AS at
	FROM log_record AS record LEFT JOIN log_correction AS later ON later.uid = {incident}
	WHERE record.kind = 'stamp'
) AS stamp
GROUP BY incident, unit"""

_SENT = """\
WITH listed (incident, unit, place) AS (
	SELECT record.uid, item.value, item.key FROM log_record AS record, {listed_units}
	WHERE record.kind = 'incident'
	UNION ALL
	SELECT uid, unit, 0 FROM log_record
	WHERE kind = 'incident' AND unit IS NOT NULL AND coalesce({units}, '[]') = '[]'
),
sent (incident, unit, place) AS (
	SELECT incident, unit, place FROM listed
	UNION ALL
	SELECT incident, unit, place FROM log_stamp
	WHERE unit <> '' AND NOT EXISTS (
		SELECT 1 FROM listed
		WHERE listed.incident = log_stamp.incident AND listed.unit = log_stamp.unit
	)
)"""

_CALLED = """,
called (incident, {stamps}) AS (
	SELECT incident, min(dispatched_at), min(enroute_at), min(onscene_at),
		CASE WHEN count(*) = count(cleared_at) THEN max(cleared_at) END
	FROM log_stamp GROUP BY incident
)"""

_INCIDENTS = """{sent},
joined (incident, units) AS (
	SELECT incident, {joined_units}
	FROM (SELECT incident, unit, place FROM sent ORDER BY incident, place) AS sent
	GROUP BY incident
)
SELECT {columns}
FROM log_record AS record LEFT JOIN called ON called.incident = record.uid
LEFT JOIN joined ON joined.incident = record.uid
WHERE record.kind = 'incident'"""

_INCIDENT_UNITS = """{sent}
SELECT seq AS fid, uid AS incident, site, site AS site_name, unit, {typed}
FROM journal_entry WHERE seq < 0
UNION ALL
SELECT CAST(row_number() OVER (ORDER BY record.fid, sent.place) AS INTEGER), record.uid,
	record.site, {site_name}, CAST(sent.unit AS TEXT),
	{columns}
FROM sent JOIN log_record AS record ON record.uid = sent.incident AND record.kind = 'incident'
LEFT JOIN log_stamp AS stamped
	ON stamped.incident = sent.incident AND stamped.unit = sent.unit
LEFT JOIN called ON called.incident = sent.incident"""

_SHIFTS = """
SELECT shift.fid, shift.uid, shift.unit, shift.officer, officer.name AS officer_name,
	{starts_at} AS starts_at, {ends_at} AS ends_at, shift.status, shift.kind, shift.title
FROM shift LEFT JOIN officer ON officer.id = shift.officer"""

_PLAN_IN_FORCE = """(SELECT uid FROM "plan"
		WHERE effective_on <= {day} AND (expires_on IS NULL OR expires_on > {day})
		ORDER BY position LIMIT 1)"""
_CURRENT_PLAN = """
SELECT coalesce(
	{in_force},
	(SELECT uid FROM "plan"
		WHERE NOT EXISTS (SELECT 1 FROM plan_site WHERE plan_site."plan" = "plan".uid)
		ORDER BY position DESC LIMIT 1),
	'') AS uid"""

_SITE_NAME = "CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name"
_OFFICER_NAME = (
    "CAST((SELECT officer.name FROM officer WHERE officer.id = {officer}) AS TEXT) AS officer_name"
)
_ZONE = """CAST((SELECT assignment.zone FROM assignment
		WHERE assignment."plan" = coalesce({in_force}, (SELECT uid FROM current_plan))
		AND assignment.site = record.site) AS TEXT) AS zone"""
"""The names of a record's officer and site, and the site's zone on that day."""
ZONED_KINDS = ("visit", "incident")

_SITE_BY_ZONE = """WITH last_visit (site, at) AS (
	SELECT site, max(occurred_at) FROM log_record
	WHERE kind = 'visit' AND coalesce({status}, 'completed') IN ({made})
	GROUP BY site
)
SELECT site.fid, site.geom, site.id, site.name, site.level, site.enrollment, site.patrolled,
	figure.jurisdiction, "plan".name AS "plan", zone.id AS zone, zone.name AS zone_name,
	zone.unit, unit.agency, zone.colour, figure.load_min AS load_min_per_day,
	{last_visit} AS last_visit, site.fid AS rowid
FROM site CROSS JOIN current_plan
LEFT JOIN "plan" ON "plan".uid = current_plan.uid
LEFT JOIN assignment ON assignment."plan" = current_plan.uid AND assignment.site = site.id
LEFT JOIN zone ON zone."plan" = current_plan.uid AND zone.id = assignment.zone
LEFT JOIN unit ON unit.id = zone.unit
LEFT JOIN site_figure AS figure ON figure."plan" = current_plan.uid AND figure.site = site.id
LEFT JOIN last_visit ON last_visit.site = site.id"""

_ZONES_BY_PLAN = """
SELECT zone.fid, area.geom, "plan".name AS "plan", "plan".effective_on, "plan".expires_on,
	zone.id AS zone, zone.name, zone.unit, unit.agency, figure.sites,
	CAST((SELECT sum(site.enrollment) FROM assignment JOIN site ON site.id = assignment.site
		WHERE assignment."plan" = zone."plan" AND assignment.zone = zone.id) AS INTEGER)
		AS students_known,
	figure.load_min AS load_min_per_day,
	CAST(CASE WHEN figure.share_min > 0 THEN figure.load_min / figure.share_min - 1 END AS {real})
		AS deviation,
	zone.colour, {shown} AS shown, zone.fid AS rowid
FROM zone CROSS JOIN current_plan
JOIN "plan" ON "plan".uid = zone."plan"
LEFT JOIN unit ON unit.id = zone.unit
LEFT JOIN zone_figure AS figure ON figure."plan" = zone."plan" AND figure.zone = zone.id
LEFT JOIN zone_area AS area ON area."plan" = zone."plan" AND area.zone = zone.id"""


def build_views(dialect: str) -> dict[str, str]:
    """Return the statements that create the views, for ``sqlite`` or ``postgresql``, by name.

    Each view follows the views that it reads.
    """
    sql = _BY_DIALECT[dialect]
    is_object = sql.is_object.format("one.payload")
    bodies = {
        "log_correction": _CORRECTIONS.format(is_object=is_object),
        "log_record": _RECORDS.format(
            is_object=is_object,
            payload=sql.payload.format(column="one.payload"),
            text=sql.payload.format(column="one.text"),
        ),
        "log_stamp": _build_stamps(sql),
        "current_plan": _CURRENT_PLAN.format(in_force=_PLAN_IN_FORCE.format(day=sql.today)),
        **{kind.table: _build_record_view(sql, kind) for kind in RECORD_KINDS.values()},
        "incidents": _build_incidents(sql),
        "incident_units": _build_incident_units(sql),
        "shifts": _SHIFTS.format(
            **{name: sql.moment.format(f"shift.{name}") for name in ("starts_at", "ends_at")}
        ),
        "site_by_zone": _SITE_BY_ZONE.format(
            status=sql.text.format("status"),
            made=", ".join(f"'{status}'" for status in MADE_VISIT_STATUSES),
            last_visit=sql.moment.format("last_visit.at"),
        ),
        "zones_by_plan": _ZONES_BY_PLAN.format(
            real=sql.real, shown=sql.flag.format('"plan".uid = current_plan.uid')
        ),
    }
    return {name: f"{sql.head.format(name=name)}\n{body.lstrip()}" for name, body in bodies.items()}


def compute_view_mark(views: Mapping[str, str]) -> str:
    """Return the mark of a set of views, given as statements by name: a SHA-256 in hexadecimal."""
    text = "\n".join(f"{name}: {normalize_sql(views[name])}" for name in sorted(views))
    return hashlib.sha256(text.encode()).hexdigest()


def is_known_set_of_views(views: Mapping[str, str]) -> bool:
    """Return whether views, given as statements by name, are from this or an earlier program."""
    return compute_view_mark(views) in read_view_marks()


@cache
def read_view_marks() -> tuple[str, ...]:
    """Return the marks of all sets of views that our programs have made, the current one last."""
    text = Path(__file__).with_name("view_marks.txt").read_text(encoding="utf-8")
    return tuple(text.split())


def normalize_sql(text: str) -> str:
    """Return a statement with normalized white space and without a final semicolon."""
    return " ".join(text.split()).rstrip("; ")


def _build_record_view(sql: _Sql, kind: RecordKind[Any]) -> str:
    columns = ",\n\t".join(_list_columns(sql, kind))
    return f"SELECT {columns}\nFROM log_record AS record\nWHERE record.kind = '{kind.name}'"


def _list_columns(sql: _Sql, kind: RecordKind[Any]) -> Iterator[str]:
    """Yield the columns of a kind's view: its declared fields, by type."""
    yield "record.fid"
    yield "record.uid"
    for name, field in kind.fields.items():
        if name in ("site", "unit"):
            yield f"record.{name}"
            if name == "site":
                yield _SITE_NAME
                if kind.name in ZONED_KINDS:
                    day = sql.day_of.format("record.occurred_at")
                    yield _ZONE.format(in_force=_PLAN_IN_FORCE.format(day=day))
        elif kind.timed and name == kind.order_field:
            yield f'{sql.moment.format("record.occurred_at")} AS "{name}"'
        else:
            default = _read_default(kind, name)
            value = _read_value(sql, field.stored, name)
            value = f"coalesce({value}, {default})" if default else value
            yield f'{_declare_type(sql, field.stored).format(value)} AS "{name}"'
            if name == "officer":
                yield _OFFICER_NAME.format(officer=value)
    sample = f"coalesce({sql.boolean.format('sample')}, false)"
    yield f"{sql.flag.format(sample)} AS sample"


def _read_default(kind: RecordKind[Any], name: str) -> str:
    """Return the SQL default of a field that an entry omits, or ""."""
    if name == "units":
        return "record.unit"
    try:
        value = kind.fields[name].restore(None)
    except ValueError:
        return ""
    return f"'{value}'" if value and isinstance(value, str) else str(value) if value else ""


def _declare_type(sql: _Sql, stored: ValueType) -> str:
    """Return the expression that gives a value the type of its column."""
    by_type = {
        ValueType.NUMBER: f"CAST({{0}} AS {sql.real})",
        ValueType.INTEGER: "CAST({0} AS INTEGER)",
        ValueType.BOOLEAN: sql.flag,
        ValueType.TIME: sql.moment,
        ValueType.DAY: sql.day,
    }
    return by_type.get(stored, "CAST({0} AS TEXT)")


def _read_value(sql: _Sql, stored: ValueType, name: str) -> str:
    by_type = {
        ValueType.TEXTS: sql.texts,
        ValueType.FREE_TEXT: sql.free_text,
        ValueType.NUMBER: sql.number,
        ValueType.INTEGER: sql.number,
        ValueType.BOOLEAN: sql.boolean,
    }
    return by_type.get(stored, sql.text).format(name)


def _build_stamps(sql: _Sql) -> str:
    picked = (
        f"{'max' if name == 'cleared_at' else 'min'}(CASE name WHEN '{name}' THEN at END) AS {name}"
        for name in UNIT_STAMPS
    )
    return _STAMPS.format(
        **{name: sql.text.format(name) for name in ("incident", "unit", "name")},
        picked=",\n\t".join(picked),
        last_listed=_LAST_LISTED,
    )


def _build_sent(sql: _Sql) -> str:
    sent = _SENT.format(listed_units=sql.listed_units, units=sql.text.format("units"))
    return sent + _CALLED.format(stamps=", ".join(UNIT_STAMPS))


def _build_incidents(sql: _Sql) -> str:
    kind = RECORD_KINDS["incident"]
    columns = {line.rpartition(" AS ")[2].strip('"'): line for line in _list_columns(sql, kind)}
    for name in UNIT_STAMPS:
        stamped, arrived = f"called.{name}", sql.moment.format(sql.text.format("onscene_at"))
        if name in _STAMPS_BEFORE_ARRIVAL:
            scene = f"coalesce({arrived}, {sql.moment.format('called.onscene_at')})"
            late = f"{sql.moment.format(stamped)} > {scene}"
            stamped = f"CASE WHEN {late} THEN NULL ELSE {stamped} END"
        own = f"coalesce({sql.text.format(name)}, {stamped})"
        columns[name] = f'{sql.moment.format(own)} AS "{name}"'
    columns["units"] = "CAST(joined.units AS TEXT) AS units"
    return _INCIDENTS.format(
        sent=_build_sent(sql),
        joined_units=sql.joined_units,
        columns=",\n\t".join(columns.values()),
    )


def _build_incident_units(sql: _Sql) -> str:
    """Return the view of each unit's stamps, or else of the entry's times for all listed units.

    A time of the entry that equals a unit's stamp, or may be another agency's, applies to no other
    unit. The first half of the view is empty; it gives a file's columns the types that GeoPackage
    requires.
    """
    columns = (
        f"coalesce(stamped.{name}, CASE WHEN sent.place <= {_LAST_LISTED}"
        f" AND coalesce({sql.text.format('other_units')}, '[]') = '[]'"
        f" AND coalesce({sql.moment.format(sql.text.format(name))}"
        f" <> {sql.moment.format(f'called.{name}')}, true) THEN {sql.text.format(name)} END)"
        for name in UNIT_STAMPS
    )
    typed = (f"{sql.moment.format('occurred_at')} AS {name}" for name in UNIT_STAMPS)
    return _INCIDENT_UNITS.format(
        sent=_build_sent(sql),
        columns=",\n\t".join(map(sql.moment.format, columns)),
        typed=", ".join(typed),
        site_name=_SITE_NAME.removesuffix(" AS site_name"),
    )
