"""Parse a command line, whose options ``resources/commands.toml`` declares."""

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
from zoneplanner.domain.grouping import group_pairs
from zoneplanner.errors import UserError


@cache
def load_commands(*names: str) -> dict[str, dict[str, Any]]:
    """Read every subcommand, in the order of --help: its module, an example and its options.

    Or only the named ones: reading all took three quarters of the time of parsing a command line.
    """
    commands = read_resource_table("commands.toml", *(("shared", *names) if names else ()))
    shared = commands.pop("shared")
    for command in commands.values():
        command["options"] = [
            shared[option] if isinstance(option, str) else option for option in command["options"]
        ]
    return commands


_INVALID_CHOICE = re.compile(
    r"argument (?P<name>.+): invalid choice: '(?P<given>.*)' \(choose from (?P<known>.*)\)",
    re.DOTALL,
)
"""What argparse says of an unknown choice, which it gives as a text alone; another text stays."""


class _Parser(argparse.ArgumentParser):
    """A parser that raises its complaint as a UserError, so it is shown like any other refusal."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        if (choice := _INVALID_CHOICE.fullmatch(message)) is not None:
            known = [name.strip("'") for name in choice["known"].split(", ")]
            facts: dict[str, Any] = {"given": choice["given"], "known": known, "command": self.prog}
            if not choice["name"].startswith("-"):
                raise UserError("usage.choice", **facts)
            raise UserError("usage.choice_of_option", **facts, option=choice["name"])
        raise UserError("usage", command=self.prog, message=f"{message[:1].upper()}{message[1:]}")


def parse_command_line(argv: Sequence[str]) -> argparse.Namespace:
    """Parse a command's arguments; key=value may also follow an option."""
    parser = _build_parser(argv)
    args, unparsed = parser.parse_known_args(argv)
    columns: list[str] | None = getattr(args, "columns", None)
    if unparsed and (columns is None or any(word.startswith("-") for word in unparsed)):
        parser.prog = f"{parser.prog} {argv[0]}"  # the options of that command are meant
        parser.error(f"unrecognized arguments: {' '.join(unparsed)}")
    if columns is not None:
        args.columns = [*columns, *unparsed]
    return args


def _build_parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser; only the module of the called subcommand is imported."""
    parser = _Parser(
        prog="zoneplanner",
        description="Patrol zones, log and coverage for a school district. "
        "Without a subcommand, the window opens.",
        epilog="Example: zoneplanner demo --to out",
    )
    version = f"zoneplanner {program_version()}" if "--version" in argv else ""
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    command = argv[0] if argv else ""
    called = load_commands(command) if command else {}
    for name, description in (called or load_commands()).items():
        module = f"zoneplanner.cli.{description['module']}"
        if called:
            _add_command(commands, name, description, importlib.import_module(module))
        else:
            commands.add_parser(name, help=_read_first_line(module))
    return parser


def _add_command(commands: Any, name: str, description: dict[str, Any], module: ModuleType) -> None:
    text = (module.__doc__ or "").splitlines()[0]
    example = f"Example: zoneplanner {description['example']}"
    sub = commands.add_parser(name, help=text, description=text, epilog=example)
    _add_options(sub, description["options"], getattr(module, "OPTION_VALUES", {}))
    sub.add_argument("--json", action="store_true", help="print one JSON object")
    sub.set_defaults(run=module.run)


def _read_first_line(module: str) -> str:
    """Return the first line of a subcommand's docstring without running its module."""
    spec = importlib.util.find_spec(module)
    loader = cast(InspectLoader, spec.loader if spec else None)
    code = loader.get_code(module)
    return str(code.co_consts[0]).splitlines()[0] if code else ""


def _add_options(
    parser: argparse.ArgumentParser,
    options: Iterable[Mapping[str, Any]],
    values: Mapping[str, Any],
) -> None:
    """Add options as ``resources/commands.toml`` describes them.

    ``values`` are the command's ``OPTION_VALUES``: choices and defaults from other modules.
    """
    texts = {
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
            settings["help"] = settings["help"].format(**texts)
        names = (settings.pop("name"), settings.pop("also", ""))
        parser.add_argument(*filter(None, names), **settings)


def parse_project(text: str) -> ProjectLocation:
    """Parse a project file's path or a shared project's address."""
    if not text.strip():
        raise UserError("name_missing.project")
    return parse_location(text)


def parse_path(text: str) -> Path:
    """Parse the path of a file or folder."""
    if not text.strip():
        raise UserError("name_missing.file")
    return Path(text)


def parse_date(text: str) -> date:
    """Parse a date such as 2026-08-14."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError("not_a_date", text=text) from None


def parse_number(text: str) -> float:
    """Parse a number."""
    try:
        return float(text)
    except ValueError:
        raise UserError("not_a_number", text=text) from None


def parse_whole_number(text: str) -> int:
    """Parse a whole number of 0 or more."""
    if not (text.isascii() and text.isdigit()):
        raise UserError("not_a_number.whole", text=text)
    return int(text)


def parse_time_limit(text: str) -> float:
    """Parse a time limit of more than 0 seconds."""
    seconds = parse_number(text)
    if not seconds > 0:
        raise UserError("out_of_range.time_limit")
    return seconds


def parse_key_values(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Parse strings such as ``District=Elk Grove`` as pairs of column and value."""
    pairs = []
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise UserError("not_key_value", text=text)
        pairs.append((key.strip(), value.strip()))
    return pairs


def group_key_values(texts: Sequence[str]) -> dict[str, list[str]]:
    """Parse strings such as ``District=Elk Grove`` as the wanted values by column."""
    return group_pairs((column, value) for column, value in parse_key_values(texts))


def _parse_journal_head(text: str) -> str:
    head = text.strip().casefold()
    if not re.fullmatch("[0-9a-f]{8,64}", head):
        raise UserError("not_a_head", text=text)
    return head


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
"""The parser of an option's text, by its type in ``resources/commands.toml``."""
