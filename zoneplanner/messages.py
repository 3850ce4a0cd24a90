"""The sentences of problems, made from a code and its facts.

The templates are data in ``resources/messages/*.toml``, one file per package: ``code =
"sentence"``. A sentence says what happened, why, and what to do next.
"""

import string
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any, Protocol

from zoneplanner.bundled import resources_dir


class MessageFormats(Protocol):
    """How this desk writes days, times and lengths; implemented by ``domain.locale_formats``."""

    def day(self, day: date) -> str: ...
    def long_date(self, day: date) -> str: ...
    def moment(self, at: datetime) -> str: ...
    def clock(self, at: time | datetime) -> str: ...
    def length(self, meters: float) -> str: ...
    def weekday(self, day: date) -> str: ...
    def period(self, period: tuple[datetime, datetime]) -> str: ...
    def distance(self, meters: float) -> str: ...


@dataclass(frozen=True, slots=True, init=False)
class Message:
    """A sentence or phrase as a code and its facts, which a door puts into words.

    In ``Message("too_few", n=9)``, a fact can be another message, or a list of them.
    """

    template: str
    facts: Mapping[str, Any]

    def __init__(self, template: str, /, **facts: Any) -> None:
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "facts", facts)

    def __hash__(self) -> int:
        """Return the hash of the template; facts can be lists."""
        return hash(self.template)

    @property
    def code(self) -> str:
        """The template's name up to its dot."""
        return self.template.partition(".")[0]

    def __str__(self) -> str:
        """Return the sentence with ISO 8601 dates and meters."""
        return self.say()

    def say(self, formats: MessageFormats | None = None) -> str:
        """Return the sentence with days, times and lengths in the desk's form."""
        return MessageFormatter(formats).vformat(find_template(self.template), (), self.facts)


class SayMessages(Protocol):
    """Returns its messages as sentences in an office's own formats and terms."""

    def __call__(self, *messages: Message) -> str: ...


def say_all(messages: Iterable[Message], formats: MessageFormats | None = None) -> str:
    """Return sentences one after the other."""
    return " ".join(message.say(formats) for message in messages)


def find_reason(error: Exception) -> "Message | str":
    """Return the message that an exception was raised with, or else its text."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, Message) else str(error)


class MessageFormatter(string.Formatter):
    """``str.format`` with the forms that sentences need.

    ``{n:count site|sites}``
        "1 site", "1,200 sites".
    ``{names:list}``, ``{names:list 4}``
        "a, b and c"; only the first four, "and 3 more". Names can be messages.
    ``{names:choice}``
        "a, b or c".
    ``{n:verb is|are}``, ``{names:verb is|are}``
        "is" for one, "are" for several.
    ``{texts:series}``, ``{texts:sentences}``
        "a; b; c", for texts that contain commas; "A. B."
    ``{name:quoted}``
        “name”.
    ``{at:day}``, ``{at:long_date}``, ``{at:moment}``, ``{at:clock}``
    ``{away_m:length}``, ``{away_m:distance}``
        In the desk's form if ``formats`` are given, or else in ISO 8601 and meters.
    ``{on:weekday}``, ``{when:period}``
        The same for a day without its year, Thu 26 Nov, and for a local start and end:
        Thu 26 Nov 07:30–16:00.
    """

    def __init__(self, formats: MessageFormats | None = None) -> None:
        self._formats = formats

    def format_field(self, value: Any, format_spec: str) -> str:
        """Write one fact; see the class."""
        form, _, rest = format_spec.partition(" ")
        if isinstance(value, Message):
            value = value.say(self._formats)
        if form in ("count", "verb"):
            singular, _, plural = rest.partition("|")
            if form == "count":
                return format_count(value, singular, plural)
            return singular if (value if isinstance(value, int) else len(value)) == 1 else plural
        if form in ("list", "choice"):
            last = "or" if form == "choice" else "and"
            names = (self.format_field(name, "") for name in value)
            return join_names(names, most=int(rest) if rest else None, last=last)
        if form in ("series", "sentences"):
            mark = "; " if form == "series" else " "
            return mark.join(self.format_field(text, "") for text in value)
        if form in _NEUTRAL_FORMS:
            return str(getattr(self._formats, form, _NEUTRAL_FORMS[form])(value))
        return f"“{value}”" if form == "quoted" else str(super().format_field(value, format_spec))


def _write_clock(at: time | datetime) -> str:
    is_double = at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
    return f"{at:%H:%M} {at.tzname()}" if is_double else f"{at:%H:%M}"


def _write_weekday(day: date) -> str:
    weekday, month = day.ctime().split()[:2]  # English in every locale, unlike strftime
    return f"{weekday} {day.day} {month}"


_NEUTRAL_FORMS: Mapping[str, Callable[[Any], str]] = {
    "day": str,
    "long_date": str,
    "moment": lambda at: f"{at.date()} {_write_clock(at)}",
    "clock": _write_clock,
    "weekday": _write_weekday,
    "period": lambda span: f"{_write_weekday(span[0])} {'–'.join(map(_write_clock, span))}",
    "length": lambda meters: f"{meters:,.0f} m",
    "distance": lambda meters: f"{meters / 1000:.1f} km",
}
"""The local forms as they are written without a desk's formats."""


def describe_deviation(share: float) -> str:
    """Describe how far a load is from its fair share: 5.3% below its fair share."""
    rounded = round(share * 100, 1)
    side = "above" if rounded > 0 else "below"
    return f"{abs(rounded):.1f}% {side} its fair share" if rounded else "at its fair share"


def format_count(n: int, one: str, many: str = "") -> str:
    """Write a number of things; the plural is ``many``, by default ``one`` with an s."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def add_article(noun: str) -> str:
    """Write "a" or "an" before a noun."""
    vowel = noun[:1].lower() in "aeiou" and not noun.lower().startswith(("uni", "use"))
    return f"{'an' if vowel else 'a'} {noun}"


def join_names(names: Iterable[object], *, most: int | None = None, last: str = "and") -> str:
    """Return names as a sentence lists them: "a, b and c", or "a, b and 3 more"."""
    words: Sequence[str] = [str(name) for name in names]
    if most is not None and len(words) > most:
        words = [*words[:most], f"{len(words) - most:,} more"]
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


@cache
def load_templates() -> Mapping[str, str]:
    """Read all templates by code; each code is in one file only."""
    templates: dict[str, str] = {}
    for path in sorted((resources_dir() / "messages").glob("*.toml")):
        for code, template in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if code in templates:
                raise KeyError(f"{path.name}: {code} is also in another file")
            templates[code] = template
    return templates


@cache
def find_template(code: str) -> str:
    """Return the template of a code; only its line is parsed, because all lines take 14 ms."""
    text = _read_all_files()
    for start in (f'\n"{code}" = ', f"\n{code} = "):
        position = text.find(start) + 1
        if position:
            return str(*tomllib.loads(text[position : text.index("\n", position)]).values())
    raise KeyError(code)


@cache
def _read_all_files() -> str:
    files = sorted((resources_dir() / "messages").glob("*.toml"))
    return "".join(file.read_text(encoding="utf-8") for file in files)


def list_template_facts(code: str) -> frozenset[str]:
    """Return the names of the facts in a sentence."""
    fields = string.Formatter().parse(find_template(code))
    return frozenset(name.partition(".")[0].partition("[")[0] for _, name, _, _ in fields if name)
