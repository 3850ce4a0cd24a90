"""The words of a command line as arguments, as ``resources/commands.toml`` declares them."""

import argparse
import importlib
import importlib.util
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from importlib.abc import InspectLoader
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, cast

from zoneplanner.app.desk.project_location import ProjectLocation, parse_location
from zoneplanner.bundled import program_version, read_resource_table
from zoneplanner.domain.calendar.school_calendar import parse_month
from zoneplanner.errors import UserError


@cache
def load_commands(*names: str) -> dict[str, dict[str, Any]]:
    """Read every subcommand: its module, an example and its options, in the order of --help.

    Or those that are named: all of them took three quarters of reading a command line.
    """
    commands = read_resource_table("commands.toml", *(("shared", *names) if names else ()))
    shared = commands.pop("shared")
    for command in commands.values():
        command["options"] = [
            shared[option] if isinstance(option, str) else option for option in command["options"]
        ]
    return commands


class _Parser(argparse.ArgumentParser):
    """A parser that raises its complaint, so that it is shown like every other refusal."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise UserError("usage", command=self.prog, message=f"{message[:1].upper()}{message[1:]}")


def parse_command_line(argv: Sequence[str]) -> argparse.Namespace:
    """Read the words of a command; key=value may also stand behind an option."""
    parser = _build_parser(argv)
    args, left = parser.parse_known_args(argv)
    columns: list[str] | None = getattr(args, "columns", None)
    if left and (columns is None or any(word.startswith("-") for word in left)):
        parser.prog = f"{parser.prog} {argv[0]}"  # the options of that command are meant
        parser.error(f"unrecognized arguments: {' '.join(left)}")
    if columns is not None:
        args.columns = [*columns, *left]
    return args


def _build_parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser; of the subcommands only the one that is called is imported."""
    parser = _Parser(
        prog="zoneplanner",
        description="Patrol zones, log and coverage for a school district. "
        "Without a subcommand, the window opens.",
        epilog="Example: zoneplanner demo --to out",
    )
    said = f"zoneplanner {program_version()}" if "--version" in argv else ""
    parser.add_argument("--version", action="version", version=said)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    called = argv[0] if argv else ""
    known = load_commands(called) if called else {}
    for name, described in (known or load_commands()).items():
        module = f"zoneplanner.cli.{described['module']}"
        if known:
            _add_command(commands, name, described, importlib.import_module(module))
        else:
            commands.add_parser(name, help=_read_first_line(module))
    return parser


def _add_command(commands: Any, name: str, described: dict[str, Any], module: ModuleType) -> None:
    text = (module.__doc__ or "").splitlines()[0]
    example = f"Example: zoneplanner {described['example']}"
    sub = commands.add_parser(name, help=text, description=text, epilog=example)
    _add_options(sub, described["options"], getattr(module, "OPTION_VALUES", {}))
    sub.add_argument("--json", action="store_true", help="print one JSON object")
    sub.set_defaults(run=module.run)


def _read_first_line(module: str) -> str:
    """Return what a subcommand's module says of itself, without running the module."""
    found = importlib.util.find_spec(module)
    loader = cast(InspectLoader, found.loader if found else None)
    code = loader.get_code(module)
    return str(code.co_consts[0]).splitlines()[0] if code else ""


def _add_options(
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
