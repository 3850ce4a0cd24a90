"""Verify the file: database, schema, journal chain and aggregates."""

import argparse
import re

from zoneplanner.cli.answer import Answer, Progressing
from zoneplanner.cli.opened import add_project, opened_store
from zoneplanner.errors import UserError

EXAMPLE = "verify district.gpkg"
LIKE_HASH = re.compile(r"[0-9a-f]{8,64}")
THERE = "The printed head is that of entry {seq}: with a whole chain, nothing up to it was lost."
LOST = (
    "The printed head is not in this journal: entries were cut off its end or written anew, or "
    "the report is of another project. Compare with a backup."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand."""
    add_project(parser)
    parser.add_argument(
        "--rebuild", action="store_true", help="compute anew what is kept beside the journal"
    )
    parser.add_argument(
        "--head",
        type=_hash,
        metavar="HASH",
        help="a head that a report or backup printed: is the journal up to it still all there?",
    )


def run(args: argparse.Namespace) -> Answer:
    """Report what is damaged, with the journal's head hash as its anchor."""
    with (
        opened_store(args.project, read_only=not args.rebuild) as store,
        Progressing("Verifying") as report,
    ):
        if args.rebuild:
            store.rebuild_aggregates()
        found = store.verify(report)
        printed = store.seq_of_hash(args.head) if args.head else None
    data = {
        "ok": found.ok,
        "entries": found.entries,
        "head": found.head,
        "findings": [{"code": item.code, "text": item.text} for item in found.findings],
    }
    lines = [item.text for item in found.findings] or ["The file is whole."]
    lines.append(f"{found.entries} journal entries; head {found.head or 'none yet'}.")
    if args.head:
        data["printed_seq"] = printed
        lines.append(LOST if printed is None else THERE.format(seq=printed))
    return Answer(data, lines, found=not found.ok or bool(args.head and printed is None))


def _hash(text: str) -> str:
    written = text.strip().casefold()
    if not LIKE_HASH.fullmatch(written):
        raise UserError(
            f"“{text}” is no head of a journal; copy at least 8 of its characters.",
            {"text": text},
            code="not_a_head",
        )
    return written
