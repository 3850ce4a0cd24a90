"""Formats: as chosen, as the desktop is set, or American in the bundled district."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale

import zoneplanner.ui
from zoneplanner.domain.locale_formats import (
    ISO_FORMATS,
    NEUTRAL_FORMATS,
    US_FORMATS,
    LocaleFormats,
)
from zoneplanner.ui.shell.regional_formats import AMERICAN, DESKTOP, METRIC, USUAL, choose_formats

NONE, GERMANY, STATES = QLocale("C"), QLocale("de_DE"), QLocale("en_US")
FIXED = re.compile(r"%Y-%m-%d|%H:%M|yyyy-MM-dd|HH:mm|%b\b|%B|%A")
ALLOWED = {
    "widgets/inputs/forms.py": 2,
    "data/projects/backups.py": 2,
    "data/row_form.py": 1,
}
"""What a field hands on to be read, and the names of files."""
DAYS = re.compile(r"(?:day|date|today|monday|sunday|first|last|until|\w+_(?:on|at|until))\Z")
WRITERS = (*(f"formats.{name}" for name in vars(LocaleFormats) if name[0] != "_"), "_words")
NO_SENTENCES = {
    "map/symbology/site_coloring.py": {"session.today"},
    "plan/plans/plan_dialogs.py": {"first", "last"},
    "shifts/hours_panel.py": {"first", "last"},
    "shifts/shift_card.py": {"day"},
    "shifts/today_board.py": {"self.day"},
    "shifts/roster_actions.py": {"day", "monday"},
}
"""Keys of what was read, names of files, and steps of the history, which are stored."""
NO_DAYS = {
    "widgets/charts/step_chart.py": {"last"},
    "map/symbology/color_classes.py": {"first", "last"},
    "shifts/month_view.py": {"last"},
    "publish/page_preview.py": {"last"},
    "plan/proposals/search_fields.py": {"first", "last"},
}
"""Figures and words."""


@pytest.mark.parametrize(
    ("choice", "bundled", "desktop", "day", "clock"),
    [
        (USUAL, True, NONE, "MMM d, yyyy", True),
        (USUAL, True, STATES, "MMM d, yyyy", True),
        (USUAL, True, GERMANY, "MMM d, yyyy", False),
        (USUAL, False, GERMANY, "dd.MM.yyyy", False),
        (DESKTOP, True, GERMANY, "dd.MM.yyyy", False),
        (DESKTOP, True, STATES, "MMM d, yyyy", True),
        (AMERICAN, False, NONE, "MMM d, yyyy", True),
        (METRIC, True, STATES, "yyyy-MM-dd", False),
    ],
)
def test_the_bundled_district_is_american_with_the_desktops_clock_unless_chosen(
    choice: str, bundled: bool, desktop: QLocale, day: str, clock: bool
) -> None:
    found = choose_formats(choice, bundled=bundled, desktop=desktop)
    assert (found.day_pattern, found.clock_12h) == (day, clock)


def test_a_desktop_without_a_country_uses_neutral_formats_and_metric_uses_iso() -> None:
    assert choose_formats(USUAL, bundled=False, desktop=NONE) == NEUTRAL_FORMATS
    assert choose_formats(METRIC, bundled=True, desktop=STATES) == ISO_FORMATS
    assert choose_formats(AMERICAN, bundled=False, desktop=STATES) == US_FORMATS
    assert not choose_formats(DESKTOP, bundled=True, desktop=GERMANY).miles_first


def test_days_and_times_are_formatted_in_one_place() -> None:
    root = Path(zoneplanner.ui.__path__[0])
    found = {
        file.relative_to(root).as_posix(): len(FIXED.findall(file.read_text(encoding="utf-8")))
        for file in root.rglob("*.py")
        if file.name != "regional_formats.py"
    }
    assert {name: n for name, n in found.items() if n} == ALLOWED


def test_every_day_in_a_sentence_is_formatted() -> None:
    root = Path(zoneplanner.ui.__path__[0])
    found: dict[str, set[str]] = {}
    for file in root.rglob("*.py"):
        if names := set(find_unformatted_days(ast.parse(file.read_text(encoding="utf-8")))):
            found[file.relative_to(root).as_posix()] = names
    assert found == NO_SENTENCES | NO_DAYS


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ('f"since {plan.proposed_on}"', ["plan.proposed_on"]),
        ('f"from {self.day.day()}"', ["self.day.day()"]),
        ('"from " + str(day)', ["day"]),
        ('str(kept.first or "none")', ["kept.first"]),
        ('first = plan.first\nf"from {first}"', ["first"]),
        ('first = formats.day(plan.first)\nf"from {first}, {formats.day(plan.last)}"', []),
        ('f"{DAYS[day.weekday()]} {day.day}"', []),
    ],
)
def test_an_unformatted_day_is_found(source: str, bare: list[str]) -> None:
    assert list(find_unformatted_days(ast.parse(source))) == bare


def find_unformatted_days(tree: ast.Module) -> Iterator[str]:
    """Yield expressions named like a day that no format wrote."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for part in functions or [tree]:
        written = {
            name.id
            for node in ast.walk(part)
            if isinstance(node, ast.Assign) and _is_text(node.value)
            for target in node.targets
            for name in ast.walk(target)
            if isinstance(name, ast.Name)
        }
        for node in ast.walk(part):
            value = _get_written_value(node)
            if value is None or (isinstance(value, ast.Name) and value.id in written):
                continue
            if isinstance(value, ast.Call):
                args = value.args or value.keywords
                name = value.func.attr if isinstance(value.func, ast.Attribute) else ""
                if args or name not in ("day", "date", "today"):
                    continue
            elif not DAYS.match(ast.unparse(value).rpartition(".")[2]):
                continue
            if ast.unparse(value) != "day.day":
                yield ast.unparse(value)


def _get_written_value(node: ast.AST) -> ast.expr | None:
    """Return what a node writes unformatted: part of an f-string or the argument of ``str``."""
    if isinstance(node, ast.FormattedValue):
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str":
        given = node.args[0] if node.args else None
        return given.values[0] if isinstance(given, ast.BoolOp) else given
    return None


def _is_text(value: ast.expr) -> bool:
    """Return whether an expression is already text: formatted, or a sentence."""
    return any(
        isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        or (isinstance(node, ast.Call) and ast.unparse(node.func).endswith(WRITERS))
        for node in ast.walk(value)
    )
