"""How this desk writes days, times and lengths: by choice, or by its desktop's settings."""

import re
from dataclasses import replace

from PySide6.QtCore import QLocale

from zoneplanner.domain.locale_formats import (
    ISO_FORMATS,
    NEUTRAL_FORMATS,
    US_FORMATS,
    LocaleFormats,
    Preferences,
)

USUAL, DESKTOP, AMERICAN, METRIC = "usual", "desktop", "us", "iso"
FORMAT_CHOICES = {
    USUAL: "Match the District",
    DESKTOP: "Match the Desktop",
    AMERICAN: "US: Nov 26, 2026, 3:45 PM, Miles",
    METRIC: "ISO and Metric: 2026-11-26, 15:45, Kilometers",
}
"""The choices by their stored values."""
_FIXED_FORMATS = {AMERICAN: US_FORMATS, METRIC: ISO_FORMATS}


def choose_formats(
    choice: str, *, bundled: bool, desktop: QLocale, office: Preferences | None = None
) -> LocaleFormats:
    """Return the formats that a desk chose, otherwise those of its office.

    An office without preferences uses the desktop's formats. The bundled district uses American
    formats with the desktop's clock.
    """
    if choice in _FIXED_FORMATS:
        return _FIXED_FORMATS[choice]
    usual = _find_usual_formats(choice, bundled=bundled, desktop=desktop)
    return usual if choice == DESKTOP or office is None else office.change_formats(usual)


def _find_usual_formats(choice: str, *, bundled: bool, desktop: QLocale) -> LocaleFormats:
    if choice != DESKTOP and bundled:
        return replace(US_FORMATS, clock_12h=_has_no_country(desktop) or _uses_12h(desktop))
    if _has_no_country(desktop):
        return NEUTRAL_FORMATS
    pattern = re.sub("y+", "yyyy", desktop.dateFormat(QLocale.FormatType.ShortFormat))
    pattern = re.sub("M{3,}", "MMM", re.sub("d{3,}", "", pattern)).strip(" ,")
    american = desktop.territory() == QLocale.Country.UnitedStates
    return LocaleFormats(
        "desktop",
        US_FORMATS.day_pattern if american else pattern,
        US_FORMATS.field_pattern if american else pattern,
        clock_12h=_uses_12h(desktop),
        miles_first=desktop.measurementSystem() != QLocale.MeasurementSystem.MetricSystem,
    )


def _uses_12h(desktop: QLocale) -> bool:
    return "a" in desktop.timeFormat(QLocale.FormatType.ShortFormat).lower()


def _has_no_country(desktop: QLocale) -> bool:
    return desktop.language() == QLocale.Language.C
