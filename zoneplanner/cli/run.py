"""Run one subcommand, and report any error in one clear sentence."""

from collections.abc import Sequence

from zoneplanner.app.desk.error_log import log_unexpected_error, sweep_leftovers
from zoneplanner.app.desk.terminal import accept_every_character
from zoneplanner.cli.output import print_refusal, print_result
from zoneplanner.cli.parser import parse_command_line
from zoneplanner.errors import Cancelled, UserError
from zoneplanner.messages import Message

_OPTIONS = {
    "no_column_matches": ("--column OURS=THEIRS", ("import", "hours")),
    "several_layers": ("--layer NAME", ("import", "new", "district")),
    "unknown_crs": ("--crs EPSG:N", ("import", "new", "district")),
    "unreleased_plan": ("--allow-draft", ("publish", "compare")),
}
"""The option that answers a question which the window asks in a form, by error."""


def main(argv: Sequence[str]) -> int:
    """Run one subcommand and return the exit status: 0 done, 1 problems found, 2 refused."""
    as_json = "--json" in argv
    accept_every_character()
    try:
        args = parse_command_line(argv)
        sweep_leftovers([getattr(args, "project", "")])
        result = args.run(args)
    except UserError as error:
        return print_refusal(error, as_json=as_json, hint=_describe_option(error, argv))
    except (KeyboardInterrupt, Cancelled):
        return print_refusal(UserError("stopped"), as_json=as_json)
    except Exception as error:  # a bug: the one handler of the command line
        if was_interrupted(error):
            return print_refusal(UserError("stopped"), as_json=as_json)
        log = log_unexpected_error(error)
        return print_refusal(UserError("failed", problem=str(error), log=str(log)), as_json=as_json)
    return print_result(result, as_json=as_json)


def was_interrupted(error: BaseException | None) -> bool:
    """Return whether an error was caused by Ctrl+C, as while a module defines a class."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error is not None


def _describe_option(error: UserError, argv: Sequence[str]) -> str:
    """Say which option of this command makes the choice that an error asks for."""
    option, commands = _OPTIONS.get(error.code, ("", ()))
    if argv[0] not in commands or option.partition(" ")[0] in argv:
        return ""
    return str(Message("refusal_option", option=option))
