"""The triggers of a project file, generated from its tables. They call no function of ours.

They mark changes by another program, and forbid it to change a plan in force or a final shift.
They do not check that the project matches its edits; the store does.
"""

from collections.abc import Iterator, Mapping

_MARKED = """\
CREATE TRIGGER {name}_changed AFTER UPDATE ON "{name}"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "{name}" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT OR IGNORE INTO external_change (name) VALUES ('{name}');
END

CREATE TRIGGER {name}_added AFTER INSERT ON "{name}"
WHEN NEW.changed_by = ''
BEGIN
	INSERT OR IGNORE INTO external_change (name) VALUES ('{name}');
END

CREATE TRIGGER {name}_removed AFTER DELETE ON "{name}"
WHEN OLD.row_version > 0
BEGIN
	INSERT OR IGNORE INTO external_change (name) VALUES ('{name}');
END
"""

_GUARDED = """\
CREATE TRIGGER {name}_guarded_{doing} BEFORE {doing} ON "{name}"
WHEN {ours}
BEGIN
	SELECT RAISE(ABORT, '{why}')
	WHERE {holds};
END
"""
_OF_OTHERS = {
    "update": "NEW.row_version = OLD.row_version",
    "insert": "NEW.changed_by = ''",
    "delete": "OLD.row_version > 0",
}
_ROWS = {"update": ("OLD", "NEW"), "insert": ("NEW",), "delete": ("OLD",)}
_IN_FORCE = "this plan has a day it takes effect: change it in the planner"
_FINAL = "this shift is final: change it in the planner"
_OF_PLAN = 'EXISTS (SELECT 1 FROM "plan" WHERE uid = {row}."plan" AND effective_on IS NOT NULL)'
PARTS_OF_PLANS = ("zone", "assignment", "block_override", "plan_lock", "plan_site")
_GUARDS = {
    "plan": (_IN_FORCE, "{row}.effective_on IS NOT NULL"),
    "shift": (_FINAL, "{row}.status = 'final'"),
    **dict.fromkeys(PARTS_OF_PLANS, (_IN_FORCE, _OF_PLAN)),
}
"""Rows that no other program may change: the reason, and the condition."""

GUARDED_TABLES = tuple(_GUARDS)

_CHAINED = """\
CREATE TRIGGER edit_insert BEFORE INSERT ON edit
BEGIN
	SELECT RAISE(ABORT, 'an edit must follow the last one')
	WHERE NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM edit)
		OR NEW.prev_hash IS NOT coalesce(
			(SELECT hash FROM edit ORDER BY seq DESC LIMIT 1), '{genesis}'
		);
END

CREATE TRIGGER edit_update BEFORE UPDATE ON edit
BEGIN
	SELECT RAISE(ABORT, 'an edit is never changed');
END

CREATE TRIGGER edit_delete BEFORE DELETE ON edit
BEGIN
	SELECT RAISE(ABORT, 'an edit is never deleted');
END

CREATE TRIGGER journal_entry_insert BEFORE INSERT ON journal_entry
BEGIN
	SELECT RAISE(ABORT, 'a journal entry is never replaced')
	WHERE EXISTS (SELECT 1 FROM journal_entry WHERE uid = NEW.uid OR seq = NEW.seq);
	SELECT RAISE(ABORT, 'a journal entry must follow the last one')
	WHERE NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM journal_entry)
		OR NEW.prev_hash IS NOT coalesce(
			(SELECT hash FROM journal_entry ORDER BY seq DESC LIMIT 1), '{genesis}'
		);
	SELECT RAISE(ABORT, 'a journal entry names an unknown one')
	WHERE NEW.supersedes IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM journal_entry WHERE uid = NEW.supersedes);
END

CREATE TRIGGER journal_entry_update BEFORE UPDATE ON journal_entry
WHEN {kept}
BEGIN
	SELECT RAISE(ABORT, 'a journal entry is never changed');
END

CREATE TRIGGER journal_entry_delete BEFORE DELETE ON journal_entry
BEGIN
	SELECT RAISE(ABORT, 'a journal entry is never deleted');
END
"""
_ENTRY_COLUMNS = (
    "seq",
    "uid",
    "kind",
    "site",
    "unit",
    "occurred_at",
    "recorded_at",
    "actor",
    "desk",
    "payload",
    "supersedes",
    "prev_hash",
    "hash",
    "text_hash",
)
_KEPT = "\n\tOR ".join(
    (
        "NEW.text IS NOT NULL OR NEW.salt IS NOT NULL",
        *(f"NEW.{name} IS NOT OLD.{name}" for name in _ENTRY_COLUMNS),
    )
)
"""Any change except the removal of free text; since version 6, an entry must list that too."""


def build_triggers(tables: Mapping[str, str]) -> Iterator[str]:
    """Yield the statements of all triggers, given those of the tables by name."""
    for name, text in tables.items():
        if "\trow_version " in text:
            yield from _split(_MARKED.format(name=name))
    for name, (why, holds) in _GUARDS.items():
        for doing, ours in _OF_OTHERS.items():
            either = " OR ".join(holds.format(row=row) for row in _ROWS[doing])
            yield from _split(
                _GUARDED.format(name=name, doing=doing, ours=ours, why=why, holds=either)
            )
    yield from _split(_CHAINED.format(genesis="0" * 64, kept=_KEPT))


def _split(text: str) -> Iterator[str]:
    return (part.strip() for part in text.split("\n\n"))
