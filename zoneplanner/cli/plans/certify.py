"""Check a plan's certificate, as `python -m zoneplanner.certify` does without the program."""

import argparse

from zoneplanner.app.plans.certificate import describe_certificate, read_certificate
from zoneplanner.cli.output import CommandResult


def run(args: argparse.Namespace) -> CommandResult:
    """Check in exact arithmetic that the plan keeps its rules and that the bound is true."""
    verdict = read_certificate(args.file)
    lines = describe_certificate(verdict)
    return CommandResult(verdict.list_facts(), lines, has_problems=not verdict.ok)
