"""Prepare a project for the next school year: calendar, posts and drill days."""

import argparse

from zoneplanner.app.data.edits import list_data_changes
from zoneplanner.app.data.rollover import (
    CHECKED_STEPS,
    check_rollover_step,
    list_rollover_steps,
    lock_year_before,
    propose_year_drills,
    roll_calendar,
    roll_posts,
    unlock_year_before,
    write_drill_schedule,
)
from zoneplanner.app.imports.file_import import prepare_import
from zoneplanner.cli.output import CommandResult, changes_to_json, make_table
from zoneplanner.cli.sessions import back_up_before, open_session_for_command
from zoneplanner.domain.calendar.school_calendar import parse_school_year
from zoneplanner.messages import format_count

OPTION_VALUES = {"checked": CHECKED_STEPS}


def run(args: argparse.Namespace) -> CommandResult:
    """Do the steps that can be done, and show the status of each."""
    year = parse_school_year(args.year)
    with open_session_for_command(args.project, read_only=args.dry_run) as session:
        before = session.saved_project
        if not args.dry_run:
            back_up_before(session, f"before rolling over to {year}")
        if not args.dry_run and args.calendar is not None:
            prepare_import(session, args.calendar, "calendar").save(lambda _share, _text: None)
        if args.unlock and not args.dry_run:
            unlock_year_before(session, year)
        elif not args.dry_run:
            roll_calendar(session, year)
            roll_posts(session, year)
            for step in args.checked:
                check_rollover_step(session, year, step)
        changed = list_data_changes(before, session.saved_project)
        files = []
        if args.drills is not None:
            drills = propose_year_drills(session.saved_project, year)
            files = [str(write_drill_schedule(session, drills, args.drills))]
            if not args.dry_run:
                check_rollover_step(session, year, "drills")
        if args.lock and not args.dry_run:
            lock_year_before(session, year)
        locked = session.saved_project.year_rollover.locked_until
        steps = list_rollover_steps(session, year)
    data = {
        "year": year,
        "changed": changes_to_json(changed),
        "steps": [
            {"step": each.key, "done": each.done, "text": str(each.message)} for each in steps
        ],
        "files": files,
        "locked_until": locked,
    }
    rows = [
        ("✓" if each.done else "…", each.key.replace("_", " "), str(each.message)) for each in steps
    ]
    summary = f"{format_count(len(changed), 'change')} for {year}."
    return CommandResult(data, (make_table(("", "Step", ""), rows), summary, *files))
