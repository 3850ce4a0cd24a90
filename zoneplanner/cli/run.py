"""Read the command line, run one subcommand, and turn errors into one clear sentence."""

import argparse
import importlib
import importlib.util
from collections.abc import Sequence
from functools import cache
from importlib.abc import InspectLoader
from types import ModuleType
from typing import Any, NoReturn, cast

from zoneplanner.app.desk.error_log import log_unexpected_error
from zoneplanner.app.desk.leftovers import sweep_leftovers
from zoneplanner.app.desk.terminal import accept_every_character
from zoneplanner.bundled import program_version, read_resource_table
from zoneplanner.cli.arguments import add_options
from zoneplanner.cli.output import print_refusal, print_result
from zoneplanner.errors import Cancelled, UserError


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


def main(argv: Sequence[str]) -> int:
    """Run one subcommand and return the exit status: 0 done, 1 problems found, 2 refused."""
    as_json = "--json" in argv
    accept_every_character()
    try:
        args = _parse(argv)
        sweep_leftovers([getattr(args, "project", "")])
        answer = args.run(args)
    except UserError as error:
        return print_refusal(error, as_json=as_json)
    except (KeyboardInterrupt, Cancelled):
        return print_refusal(UserError("stopped"), as_json=as_json)
    except Exception as error:  # a bug: the one handler of the command line
        log = log_unexpected_error(error)
        return print_refusal(UserError("failed", problem=str(error), log=str(log)), as_json=as_json)
    return print_result(answer, as_json=as_json)


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the words of a command; key=value may also stand behind an option."""
    parser = _parser(argv)
    args, left = parser.parse_known_args(argv)
    columns: list[str] | None = getattr(args, "columns", None)
    if left and (columns is None or any(word.startswith("-") for word in left)):
        parser.error(f"unrecognized arguments: {' '.join(left)}")
    if columns is not None:
        args.columns = [*columns, *left]
    return args


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser; of the subcommands only the one that is called is imported."""
    parser = _Parser(
        prog="zoneplanner",
        description="Patrol zones, log and coverage for a school district. "
        "Without a subcommand the window opens.",
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
    add_options(sub, described["options"], getattr(module, "OPTION_VALUES", {}))
    sub.add_argument("--json", action="store_true", help="print one JSON object")
    sub.set_defaults(run=module.run)


def _read_first_line(module: str) -> str:
    """Return what a subcommand's module says of itself, without running the module."""
    found = importlib.util.find_spec(module)
    loader = cast(InspectLoader, found.loader if found else None)
    code = loader.get_code(module)
    return str(code.co_consts[0]).splitlines()[0] if code else ""
