"""The sheet for families: what each action means and what to do, a page a language.

A language other than English is published only where the office recorded, by role and day, that a
person who reads it found this very text right, on no day before the text was written.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from zoneplanner.bundled import resources_dir
from zoneplanner.domain.log.office_entries import TextReview, names_role
from zoneplanner.domain.log.response_actions import RESPONSE_ACTIONS
from zoneplanner.publish.handout import Handout

ENGLISH = "en"
_SHEET = "sheet.html"
_RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")


def list_translations() -> tuple[str, ...]:
    """Return the languages beside English, each of which has a catalog."""
    return tuple(sorted(path.stem for path in _folder().glob("*.mo")))


def compute_text_version(language: str) -> str:
    """Return what names the text in a language: it changes with every word of it."""
    text = _make_pages(language).get_template(_SHEET)
    said = text.render(**_facts(language))
    return hashlib.sha256(json.dumps([language, said]).encode()).hexdigest()[:12]


def find_text_day(language: str) -> date:
    """Return the day on which the text in a language was changed last, as its catalog says."""
    return date.fromisoformat(_read_catalog(language).info()["po-revision-date"][:10])


def find_reviews(reviews: Iterable[TextReview]) -> dict[str, TextReview]:
    """Return the last review of each language whose text is still the one that was read."""
    known = list_translations()
    return {
        one.language: one
        for one in reviews
        if one.language in known
        and one.version == compute_text_version(one.language)
        and one.on >= find_text_day(one.language)
        and names_role(one.role)
    }


def list_waiting_languages(handout: Handout) -> list[str]:
    """Return the names of the languages that no review on record releases."""
    reviewed = find_reviews(handout.text_reviews)
    waiting = (one for one in list_translations() if one not in reviewed)
    return [_read_catalog(one).info()["language-team"] for one in waiting]


def build_family_sheets(handout: Handout) -> dict[str, bytes]:
    """Return the page of English and of each language that was reviewed, by its file."""
    reviewed = find_reviews(handout.text_reviews)
    pages, tip, day = {}, handout.project.terms.tip_line, handout.today
    for language in (ENGLISH, *(one for one in list_translations() if one in reviewed)):
        template = _make_pages(language).get_template(_SHEET)
        review = reviewed.get(language) if language != ENGLISH else None
        facts = _facts(language) | {
            "district": handout.project.name,
            "as_of": handout.formats.long_date(day)
            if language == ENGLISH
            else _write_day(language, day),
            "reviewed": review,
            "reviewed_on": _write_day(language, review.on) if review is not None else "",
            "terms": {name: _find_own_word(handout, name) for name in RESPONSE_ACTIONS},
            "tip_line": ": ".join(filter(None, (tip.term, tip.text))) if tip.text else "",
        }
        pages[f"families/{language}.html"] = template.render(**facts).encode()
    return pages


def _facts(language: str) -> dict[str, Any]:
    """Return what the sheet is filled with where nothing is known of a district."""
    direction = "rtl" if language in _RIGHT_TO_LEFT else "ltr"
    blank = dict.fromkeys(("district", "as_of", "tip_line"), "")
    return {
        "language": language,
        "direction": direction,
        "reviewed": None,
        "reviewed_on": "",
        "terms": dict.fromkeys(RESPONSE_ACTIONS),
        **blank,
    }


def _write_day(language: str, day: date) -> str:
    """Write a day as its catalog has it: the months, and what comes in which order."""
    say = _read_catalog(language).gettext
    month = say(f"{date(2000, day.month, 1):%B}")
    return say("{month} {day}, {year}").format(month=month, day=day.day, year=day.year)


def _find_own_word(handout: Handout, action: str) -> str:
    own = handout.project.terms.actions.get(action)
    return own.term if own is not None else ""


def _folder() -> Path:
    return resources_dir() / "families"


def _make_pages(language: str) -> Environment:
    pages = Environment(
        loader=FileSystemLoader(_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    if language == ENGLISH:
        pages.install_null_translations()  # type: ignore[attr-defined]
    else:
        pages.install_gettext_translations(_read_catalog(language))  # type: ignore[attr-defined]
    return pages


def _read_catalog(language: str) -> GNUTranslations:
    with (_folder() / f"{language}.mo").open("rb") as file:
        return GNUTranslations(file)
