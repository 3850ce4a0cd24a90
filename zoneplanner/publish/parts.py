"""The parts of a published set: what each is, whom it is for, and the files that it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zoneplanner.publish.audience import EVERYBODY
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


def _sheets(handout: Handout) -> Files:
    from zoneplanner.publish.sheets import zone_sheets

    return {"zone-sheets.pdf": zone_sheets(handout)}


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
            "sheets",
            "Zone sheets",
            "The atlas' zone pages alone, to hand out one by one.",
            EVERYBODY,
            _sheets,
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
