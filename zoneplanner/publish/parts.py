"""The parts of a published set: what each is, whom it is for, and the files that it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zoneplanner.publish.audience import EVERYBODY, INSIDE
from zoneplanner.publish.content import Handout

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that can be published.

    ``make`` gets what ``released`` leaves and returns files by name; ``missing`` says why there is
    nothing to make of a handout, or is empty. ``usual`` parts are made where none are named.
    """

    key: str
    title: str
    words: str
    audiences: tuple[str, ...]
    make: Callable[[Handout], Files]
    missing: Callable[[Handout], str] = lambda _handout: ""
    usual: bool = True


def _map(handout: Handout) -> Files:
    from zoneplanner.publish.webmap import web_map

    return {"map.html": web_map(handout)}


def _atlas(handout: Handout) -> Files:
    from zoneplanner.publish.atlas import atlas

    return {"atlas.pdf": atlas(handout)}


def _sheets(handout: Handout) -> Files:
    from zoneplanner.publish.sheets import zone_sheets

    return {"zone-sheets.pdf": zone_sheets(handout)}


def _cards(handout: Handout) -> Files:
    from zoneplanner.publish.day_cards import day_cards
    from zoneplanner.publish.visor_cards import visor_cards

    return {"day-cards.pdf": day_cards(handout), "visor-cards.pdf": visor_cards(handout)}


def _coverage(handout: Handout) -> Files:
    from zoneplanner.publish.coverage_report import coverage_report

    return {"coverage.pdf": coverage_report(handout)}


def _readiness(handout: Handout) -> Files:
    from zoneplanner.publish.readiness_report import readiness_report

    return {"readiness.pdf": readiness_report(handout)}


def _comparison(handout: Handout) -> Files:
    from zoneplanner.publish.board import board

    beside = handout.compared
    assert beside is not None
    return {"comparison.pdf": board(beside.before, handout, beside.found)}


def _data(handout: Handout) -> Files:
    from zoneplanner.publish.data import data_folder

    return data_folder(handout)


PARTS: dict[str, Part] = {
    part.key: part
    for part in (
        Part(
            "map",
            "Web map",
            "One file that opens in any browser, without a network.",
            EVERYBODY,
            _map,
        ),
        Part(
            "atlas",
            "Atlas",
            "PDF: overview, a page for each zone, directory of schools, index.",
            EVERYBODY,
            _atlas,
        ),
        Part(
            "sheets",
            "Zone sheets",
            "PDF: the atlas' zone pages alone, to hand out one by one.",
            EVERYBODY,
            _sheets,
            usual=False,
        ),
        Part(
            "cards",
            "Day cards",
            "PDF: a page for each unit, and visor cards to cut; visiting order, open items, "
            "numbers to call.",
            INSIDE,
            _cards,
        ),
        Part(
            "coverage",
            "Coverage report",
            "PDF: visits and response of a period with charts, n and definitions.",
            INSIDE,
            _coverage,
            lambda handout: "" if handout.coverage else "the log was not read.",
        ),
        Part(
            "comparison",
            "Plan comparison",
            "PDF: this plan beside the one in force, on one page for a board.",
            EVERYBODY,
            _comparison,
            lambda handout: "" if handout.compared else "there is no other plan to compare with.",
        ),
        Part(
            "readiness",
            "Readiness report",
            "PDF: drills and plan reviews of every school, what is due first, the rules.",
            INSIDE,
            _readiness,
        ),
        Part(
            "data",
            "Data",
            "Tables and shapes for spreadsheets and GIS, with a README that says what each is.",
            EVERYBODY,
            _data,
        ),
    )
}
