"""The table of checks: rules broken first, then what should be known, rule by rule."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zoneplanner.app.mending import PlanFix, find_fix, is_fixable
from zoneplanner.app.reading import ProjectState
from zoneplanner.app.rights import explain_edit_denied
from zoneplanner.app.session import Session
from zoneplanner.domain.checks import CheckFinding
from zoneplanner.ui.models.table import TableColumn

_CHECK_TITLES = {
    "no_agency": "Nobody may serve it",
    "ineligible_unit": "Ineligible unit",
    "unassigned": "No zone",
    "wrong_jurisdiction": "Wrong jurisdiction",
    "lock_not_kept": "Lock not kept",
    "in_pieces": "In pieces",
    "over_tolerance": "Over tolerance",
    "empty_zone": "Empty zone",
    "dates_overlap": "Dates overlap",
    "near_line": "Near a line and undecided",
    "stacked": "Same position",
    "enrollment_missing": "Enrollment missing",
    "enrollment_misleading": "Enrollment in doubt",
    "detached": "Blocks cut off",
}
_DECIDED_BY_HAND = ("near_line", "no_agency")
"""Rules of a site's jurisdiction, which a person decides."""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One finding with the place to go to, or the head of a rule where ``finding`` is None."""

    key: tuple[str, ...]
    problem: bool
    text: str
    finding: CheckFinding | None = None
    site: str | None = None
    zone: str | None = None
    blocks: tuple[str, ...] = ()

    @property
    def by_hand(self) -> bool:
        """True where a person decides the jurisdiction of the site."""
        return self.finding is not None and self.finding.code in _DECIDED_BY_HAND


def build_check_rows(reading: ProjectState) -> list[CheckRow]:
    """Return the problems and then the notes of a reading, each rule under its head."""
    return [
        row
        for problem, found in ((True, reading.problems), (False, reading.notes))
        for row in _group_findings(found, problem=problem)
    ]


class CheckFixes:
    """What mends the rows of a session's reading, worked out when it is asked for."""

    def __init__(self, session: Session) -> None:
        self.shut = False
        self._barred = bool(explain_edit_denied(session.store))
        self._session = session
        self._known: dict[tuple[str, ...], PlanFix | None] = {}

    def renew(self, *, shut: bool) -> None:
        """Forget what was worked out; ``shut`` in the middle of a gesture."""
        self.shut = shut
        self._known.clear()

    def of(self, row: CheckRow) -> PlanFix | None:
        """Return what mends a row, None where nothing is mechanical about it."""
        if self.shut or row.finding is None or not is_fixable(row.finding):
            return None
        if row.key not in self._known:
            self._known[row.key] = find_fix(self._session.reading, row.finding)
        return self._known[row.key]

    def label(self, row: CheckRow) -> str:
        """Return what the button of a row says, empty for none or where nothing may be changed."""
        if self._barred:
            return ""
        if row.by_hand:
            return "Decide…"
        mend = self.of(row)
        return mend.label if mend else ""

    def text(self, row: CheckRow) -> str:
        """Say in a sentence what the button of a row would do."""
        if self._barred:
            return ""
        if row.by_hand:
            return "Say by hand in which jurisdiction this site lies."
        mend = self.of(row)
        return self._session.rewrite(mend.text) if mend else ""

    def problem(self, row: CheckRow) -> str:
        """Return what is found, with its days as this desk writes them."""
        return self._session.rewrite(row.text)


def build_check_columns(mends: CheckFixes) -> tuple[TableColumn, ...]:
    """Return the columns: what is found, and what mends it."""
    return (
        TableColumn("What", mends.problem, mark=_mark, cell_tip=mends.problem),
        TableColumn("Mend", lambda row: "", mends.label, cell_tip=mends.text),
    )


def _mark(row: CheckRow) -> str:
    if row.finding is not None:
        return ""
    return "error" if row.problem else "info"


def _group_findings(found: Iterable[CheckFinding], *, problem: bool) -> Iterator[CheckRow]:
    groups: dict[str, list[CheckFinding]] = {}
    for finding in found:
        groups.setdefault(finding.code, []).append(finding)
    known = {code: at for at, code in enumerate(_CHECK_TITLES)}
    for code in sorted(groups, key=lambda code: known.get(code, len(known))):
        title = _CHECK_TITLES.get(code, code.replace("_", " ").capitalize())
        yield CheckRow(("head", code), problem, f"{title} ({len(groups[code])})")
        seen: dict[tuple[str, ...], int] = {}
        for finding in groups[code]:
            key = (code, *(f"{name} {value}" for name, value in finding.where.items()))
            seen[key] = seen.get(key, 0) + 1
            yield _row((*key, str(seen[key])), finding, problem=problem)


def _row(key: tuple[str, ...], finding: CheckFinding, *, problem: bool) -> CheckRow:
    where = finding.where
    blocks = where.get("blocks", "")
    return CheckRow(
        key,
        problem,
        finding.text,
        finding,
        site=where.get("site") or where.get("sites", "").split(";")[0] or None,
        zone=where.get("zone"),
        blocks=tuple(blocks.split(";")) if blocks else (),
    )
