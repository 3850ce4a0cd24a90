"""Import a file: sites, jurisdictions, blocks, roads, a plan, or log entries."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from zoneplanner.app.imports.code_meanings import UNITS
from zoneplanner.app.imports.file_import import IMPORT_KINDS, import_file
from zoneplanner.app.imports.geography.map_features import BasemapOptions, ImportOptions
from zoneplanner.app.imports.results import ImportResult, NoRowImported, write_import_report
from zoneplanner.app.log.duplicate_records import NUMBER, OWN_MEANING, TYPE
from zoneplanner.cli.log.records import parse_day_span
from zoneplanner.cli.output import CommandResult, OutputLine, ProgressBar, make_table
from zoneplanner.cli.parser import group_key_values, parse_key_values
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy
from zoneplanner.domain.locale_formats import ISO_FORMATS, LocaleFormats
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, say_all

OPTION_VALUES = {"kinds": IMPORT_KINDS}
_MAX_SHOWN = 20


def run(args: argparse.Namespace) -> CommandResult:
    """Import what can be imported in one step; each row that is left out is listed."""
    options = ImportOptions(
        path=args.file,
        kind=args.kind,
        profile=args.mapping,
        layer=args.layer,
        crs=args.crs,
        columns=dict(parse_key_values(args.column)),
        only=group_key_values(args.only),
        replace_blocks=args.instead,
        dates=args.dates,
        source=args.source,
        words=_read_words(args.word),
        basemap=BasemapOptions(args.add, args.in_project, args.drive_times),
        clock_changes=DoubtfulTimePolicy(args.twice, args.skipped)
        if args.twice or args.skipped
        else None,
    )
    complete = None if args.complete is None else parse_day_span(args.complete)
    try:
        with (
            open_session_for_command(args.project, read_only=args.dry_run) as session,
            ProgressBar("Importing") as report,
        ):
            result = import_file(
                session,
                args.file,
                args.kind,
                name=args.name,
                dry_run=args.dry_run,
                options=options,
                complete=complete,
                report=report,
            )
            formats = session.saved_project.formats
    except NoRowImported as error:
        if args.report is not None:
            write_import_report(args.report, error.outcome)
        raise
    if args.report is not None:
        write_import_report(args.report, result)
    # for programs, days as in ISO 8601 and lengths in the office's units
    neutral = replace(ISO_FORMATS, miles_first=formats.miles_first)
    lines, has_problems = _format_lines(result, formats), bool(result.refused)
    return CommandResult(result.to_json(neutral), lines, has_problems, formats)


def _read_words(texts: Sequence[str]) -> dict[str, dict[str, str]]:
    """Parse strings such as ``purpose:patrol=enforcement`` as meanings by column and word."""
    meanings: dict[str, dict[str, str]] = {}
    for word_text, meaning in parse_key_values(texts):
        column, colon, word = word_text.partition(":")
        if not colon or not word.strip():
            raise UserError("not_a_word", text=f"{word_text}={meaning}")
        kind = {"unit": UNITS}.get(column.strip(), column.strip())
        meanings.setdefault(kind, {})[word.strip()] = meaning
    return meanings


def _format_lines(result: ImportResult, formats: LocaleFormats) -> list[OutputLine]:
    notes = [result.message]
    if result.how:
        notes.append(Message("file_read_as", how=result.how))
    if "columns" in result.read_details:
        notes.append(_describe_mapping(result.read_details))
    notes += [*result.notes, *_describe_words(result), *result.undeclared]
    if result.already:
        notes.append(Message("rows_known_already", n=result.already))
    if result.ignored:
        notes.append(Message("columns_not_read", columns=", ".join(result.ignored)))
    lines: list[OutputLine] = [note.say(formats) for note in notes]
    if result.places:
        places = [(row.place, f"{row.rows:,}", row.suggestion) for row in result.places]
        head = ("Left out. If it is a site: alias --site ID --name TEXT", "Rows", "Possible site")
        lines += ["", make_table(head, places[:_MAX_SHOWN], right=(1,))]
    lines += _list_rows(
        "Repaired", [(row.place, say_all(row.repaired, formats)) for row in result.repaired]
    )
    lines += _list_rows("Rejected", [(row.place, row.explain(formats)) for row in result.refused])
    return lines


def _describe_mapping(read: Mapping[str, Any]) -> Message:
    columns = (
        Message(
            "column_read.joined" if ours in read.get("joined", ()) else "column_read",
            column=ours,
            sources=sources,
        )
        for ours, sources in read["columns"].items()
    )
    listed = ", ".join(map(str, columns))
    parts = [Message("columns_read", profile=read["mapping"], columns=listed)]
    if read["crs"]:
        parts.append(Message("coordinates_read", crs=read["crs"]))
    if read["left_out"]:
        parts.append(Message("rows_left_out", n=read["left_out"]))
    return Message("file_reading", parts=parts)


def _describe_words(result: ImportResult) -> list[Message]:
    """Describe how to answer on the command line what the notes leave open."""
    read = result.read_details
    found = []
    if read.get("self_initiated", {}).get("asked") and (kinds := result.words.get(TYPE)):
        found.append(f'--word "{TYPE}:{next(iter(kinds))}=visit", or =call')
    if read.get("reviews"):
        found.append("records --since after_actions=DATE")
    if once := read.get("counted_once"):
        found.append(f'--word "{NUMBER}:{once[0]["number"]}={OWN_MEANING}"')
    if read.get("calls"):
        found.append("--only")
    return [Message("import_words", words=found)] if found else []


def _list_rows(title: str, rows: list[tuple[str, str]]) -> list[OutputLine]:
    if not rows:
        return []
    lines: list[OutputLine] = ["", make_table(("Row", title), rows[:_MAX_SHOWN], right=(0,))]
    if len(rows) > _MAX_SHOWN:
        lines.append(str(Message("rows_not_printed", n=len(rows) - _MAX_SHOWN)))
    return lines
