"""How an office writes, prints and shows; what it leaves open each desk decides."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from zoneplanner.domain.locale_formats import LocaleFormats

STREET_EDGES = "streets"
PREFERENCE_CHOICES: Mapping[str, Mapping[str, str]] = {
    "dates": {"us": "Nov 26, 2026", "day first": "26 Nov 2026", "iso": "2026-11-26"},
    "clock": {"12": "3:45 PM", "24": "15:45"},
    "lengths": {"miles": "Miles, feet, acres", "kilometers": "Kilometers, meters, hectares"},
    "paper": {
        "letter": "Letter",
        "a4": "A4",
        "letter-gray": "Letter, gray printer",
        "a4-gray": "A4, gray printer",
    },
    "colors": {"light": "Light", "dark": "Dark", "high contrast": "High contrast"},
    "font": {"inter": "Inter", "desktop": "The desktop’s own"},
    "edges": {"blocks": "Along building blocks", STREET_EDGES: "Along streets of the basemap"},
}
"""What can be chosen, by the word that is kept, with how it reads."""
_DAY_PATTERNS = {
    "us": ("MMM d, yyyy", "MM/dd/yyyy"),
    "day first": ("d MMM yyyy", "dd/MM/yyyy"),
    "iso": ("yyyy-MM-dd", "yyyy-MM-dd"),
}


@dataclass(frozen=True, slots=True)
class Preferences:
    """The choices of an office, each a word of ``PREFERENCE_CHOICES`` or empty."""

    dates: str = ""
    clock: str = ""
    lengths: str = ""
    paper: str = ""
    colors: str = ""
    font: str = ""
    edges: str = ""

    def change_formats(self, usual: LocaleFormats) -> LocaleFormats:
        """Return how this office writes; ``usual`` is for what it leaves open."""
        pattern = _DAY_PATTERNS.get(self.dates)
        if pattern is not None:
            usual = replace(
                usual, name=self.dates, day_pattern=pattern[0], field_pattern=pattern[1]
            )
        if self.clock:
            usual = replace(usual, clock_12h=self.clock == "12")
        if self.lengths:
            usual = replace(usual, miles_first=self.lengths == "miles")
        return usual
