"""How a desk writes: as chosen, as its desktop is set, American in the bundled district."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale

import zoneplanner.ui
from zoneplanner.domain.formats import ISO, PLAIN, US
from zoneplanner.ui.kit.desk_formats import AMERICAN, DESKTOP, METRIC, USUAL, formats_for

NONE, GERMANY, STATES = QLocale("C"), QLocale("de_DE"), QLocale("en_US")
FIXED = re.compile(r"%Y-%m-%d|%H:%M|yyyy-MM-dd|HH:mm|%b\b|%B|%A")
ALLOWED = {"kit/forms.py": 2, "dialogs/backups.py": 1, "dialogs/stale_file.py": 1}
"""What a field hands on to be read, and the names of files."""


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
def test_the_district_is_american_with_the_clock_of_the_desktop_unless_chosen(
    choice: str, bundled: bool, desktop: QLocale, day: str, clock: bool
) -> None:
    found = formats_for(choice, bundled=bundled, desktop=desktop)
    assert (found.day_pattern, found.clock_12h) == (day, clock)


def test_a_desktop_of_no_country_writes_as_iso_and_metric_is_a_choice() -> None:
    assert formats_for(USUAL, bundled=False, desktop=NONE) == PLAIN
    assert formats_for(METRIC, bundled=True, desktop=STATES) == ISO
    assert formats_for(AMERICAN, bundled=False, desktop=STATES) == US
    assert not formats_for(DESKTOP, bundled=True, desktop=GERMANY).miles_first


def test_no_part_of_the_window_writes_days_or_times_in_its_own_way() -> None:
    root = Path(zoneplanner.ui.__path__[0])
    found = {
        file.relative_to(root).as_posix(): len(FIXED.findall(file.read_text(encoding="utf-8")))
        for file in root.rglob("*.py")
        if file.name != "desk_formats.py"
    }
    assert {name: n for name, n in found.items() if n} == ALLOWED
