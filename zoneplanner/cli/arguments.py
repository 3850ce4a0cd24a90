"""Open a project for a subcommand and choose the plan it speaks of."""

import argparse
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoneplanner.app.desk.known_heads import describe_lost_heads
from zoneplanner.app.desk.project_location import ProjectLocation, parse_location
from zoneplanner.app.desk.terminal import print_error_line
from zoneplanner.app.projects.backups import back_up_if_due, open_checked_store
from zoneplanner.domain.calendar.report_period import parse_month
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.errors import UserError
from zoneplanner.storage import Store

if TYPE_CHECKING:
    from zoneplanner.app.session.session import Session


@contextmanager
def open_session_for_command(
    place: ProjectLocation, *, plan: str | None = None, read_only: bool = False
) -> Iterator["Session"]:
    """Open a project, show a plan by name where one is given, and close it again."""
    # a command that only looks at the store does without these: they take 50 ms to load
    from zoneplanner.app.projects.open_project import open_session
    from zoneplanner.app.session.external_edits import describe_external_changes

    session = open_session(place, read_only=read_only)
    try:
        _report_damage(session.store)
        told = describe_external_changes(session.external)
        for text in filter(None, (told, describe_lost_heads(session.store, session.project.uid))):
            print_error_line(text)
        _back_up(session)
        if plan is not None:
            session.show_plan(session.project.plan(plan).uid)
        yield session
    finally:
        session.close()


@contextmanager
def open_store_for_command(place: ProjectLocation, *, read_only: bool = False) -> Iterator[Store]:
    """Open a project's store and close it again."""
    with open_checked_store(place, read_only=read_only) as store:
        _report_damage(store)
        yield store


def _report_damage(store: Store) -> None:
    """Say what could be saved of a damaged file, beside the answer."""
    if store.damaged:
        print_error_line(store.notice)


def _back_up(session: "Session") -> None:
    """Keep a backup of a file that is written to; that there is none stops nobody."""
    from zoneplanner.app.projects.copy_cleaning import clean_copies

    for place, why in clean_copies(session).left.items():
        print_error_line(f"Text that was removed is still in {place}: {why}")
    if session.store.path is None:
        return  # a window that stays open makes those of a shared project
    try:
        back_up_if_due(session)
    except UserError as error:
        print_error_line(error.message)


def add_options(
    parser: argparse.ArgumentParser,
    options: Iterable[Mapping[str, Any]],
    values: Mapping[str, Any],
) -> None:
    """Add options as ``resources/commands.toml`` describes them.

    ``values`` are a command's ``OPTION_VALUES``: choices and defaults that other modules know.
    """
    words = {
        name: value if isinstance(value, str | float) else ", ".join(value)
        for name, value in values.items()
    }
    for option in options:
        settings = dict(option)
        if "type" in settings:
            settings["type"] = _PARSERS[settings["type"]]
        for key in ("choices", "default"):
            if f"{key}_of" in settings:
                settings[key] = values[settings.pop(f"{key}_of")]
        if "help" in settings:
            settings["help"] = settings["help"].format(**words)
        names = (settings.pop("name"), settings.pop("also", ""))
        parser.add_argument(*filter(None, names), **settings)


def parse_project(text: str) -> ProjectLocation:
    """Read a project file's path or a shared project's address."""
    if not text.strip():
        raise UserError("name_missing.project")
    return parse_location(text)


def parse_path(text: str) -> Path:
    """Read the path of a file or folder."""
    if not text.strip():
        raise UserError("name_missing.file")
    return Path(text)


def parse_date(text: str) -> date:
    """Read a date such as 2026-08-14."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError("not_a_date", text=text) from None


def parse_number(text: str) -> float:
    """Read a number, or say that it is none."""
    try:
        return float(text)
    except ValueError:
        raise UserError("not_a_number", text=text) from None


def parse_whole_number(text: str) -> int:
    """Read a whole number of 0 or more."""
    if not (text.isascii() and text.isdigit()):
        raise UserError("not_a_number.whole", text=text)
    return int(text)


def parse_time_limit(text: str) -> float:
    """Read a time limit, above 0 seconds."""
    seconds = parse_number(text)
    if not seconds > 0:
        raise UserError("out_of_range.time_limit")
    return seconds


def findings_to_json(found: tuple[CheckFinding, ...]) -> list[dict[str, object]]:
    """Return findings as JSON values."""
    return [{"code": f.code, "text": f.text, "where": dict(f.where)} for f in found]


def parse_key_values(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Read texts such as ``District=Elk Grove`` as column and value."""
    found = []
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise UserError("not_key_value", text=text)
        found.append((key.strip(), value.strip()))
    return found


def group_key_values(texts: Sequence[str]) -> dict[str, list[str]]:
    """Read texts such as ``District=Elk Grove`` as the values wanted of each column."""
    found: dict[str, list[str]] = {}
    for column, value in parse_key_values(texts):
        found.setdefault(column, []).append(value)
    return found


def _parse_journal_head(text: str) -> str:
    written = text.strip().casefold()
    if not re.fullmatch("[0-9a-f]{8,64}", written):
        raise UserError("not_a_head", text=text)
    return written


_PARSERS = {
    "project": parse_project,
    "path": parse_path,
    "date": parse_date,
    "month": parse_month,
    "number": parse_number,
    "whole number": parse_whole_number,
    "time limit": parse_time_limit,
    "journal head": _parse_journal_head,
}
"""How the text of an option is read, by its type in ``resources/commands.toml``."""
