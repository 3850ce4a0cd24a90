"""The sheet for families: what each response action means and what to do, one page per language.

A language other than English is published only after the office recorded, by role and day, that a
reader of that language found this exact text correct, on or after the day it was written.
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
from zoneplanner.domain.log.response_action_terms import RESPONSE_ACTIONS
from zoneplanner.publish.handout import Handout

ENGLISH = "en"
_SHEET = "sheet.html"
_RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")


def list_translations() -> tuple[str, ...]:
    """Return the languages other than English that have a catalog."""
    return tuple(sorted(path.stem for path in _find_catalog_folder().glob("*.mo")))


def compute_text_version(language: str) -> str:
    """Return a hash of the text in a language, which changes with every word of it."""
    text = _make_pages(language).get_template(_SHEET).render(**_list_blank_facts(language))
    return hashlib.sha256(json.dumps([language, text]).encode()).hexdigest()[:12]


def find_text_day(language: str) -> date:
    """Return the day on which the text in a language was last changed, according to its catalog."""
    return date.fromisoformat(_read_catalog(language).info()["po-revision-date"][:10])


def find_reviews(reviews: Iterable[TextReview]) -> dict[str, TextReview]:
    """Return the last review of each language whose text is unchanged since that review."""
    translations = list_translations()
    return {
        review.language: review
        for review in reviews
        if review.language in translations
        and review.version == compute_text_version(review.language)
        and review.on >= find_text_day(review.language)
        and names_role(review.role)
    }


def list_waiting_languages(handout: Handout) -> list[str]:
    """Return the names of the languages that have no valid review on record."""
    reviewed = find_reviews(handout.text_reviews)
    waiting = (language for language in list_translations() if language not in reviewed)
    return [_read_catalog(language).info()["language-team"] for language in waiting]


def build_family_sheets(handout: Handout) -> dict[str, bytes]:
    """Return the page in English and in each reviewed language, by file name."""
    reviewed = find_reviews(handout.text_reviews)
    pages, tip, day = {}, handout.project.terms.tip_line, handout.today
    for language in (
        ENGLISH,
        *(language for language in list_translations() if language in reviewed),
    ):
        template = _make_pages(language).get_template(_SHEET)
        review = reviewed.get(language) if language != ENGLISH else None
        facts = _list_blank_facts(language) | {
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


def _list_blank_facts(language: str) -> dict[str, Any]:
    """Return the template's facts with nothing about a district."""
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
    """Write a day with the month's name and the order of its parts from the language's catalog."""
    translate = _read_catalog(language).gettext
    month = translate(f"{date(2000, day.month, 1):%B}")
    return translate("{month} {day}, {year}").format(month=month, day=day.day, year=day.year)


def _find_own_word(handout: Handout, action: str) -> str:
    entry = handout.project.terms.actions.get(action)
    return entry.term if entry is not None else ""


def _find_catalog_folder() -> Path:
    return resources_dir() / "families"


def _make_pages(language: str) -> Environment:
    pages = Environment(
        loader=FileSystemLoader(_find_catalog_folder()),
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
    with (_find_catalog_folder() / f"{language}.mo").open("rb") as file:
        return GNUTranslations(file)
