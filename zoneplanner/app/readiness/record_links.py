"""Which other record an entry is about: none is kept about what is not in the log."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zoneplanner.domain.log.follow_up_entries import (
    read_after_action_reviews,
    read_concern_reports,
)
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.log.office_entries import RELIEF_RECORD
from zoneplanner.domain.log.records import read_incidents
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.office_requirements import CAMPUS_PAGE
from zoneplanner.domain.readiness.requirements import DISTRICT_REPORT
from zoneplanner.domain.readiness.rule_pack import RulePack
from zoneplanner.domain.roster.officer_edits import get_officer
from zoneplanner.domain.roster.shift_edits import get_shift
from zoneplanner.errors import UserError

if TYPE_CHECKING:
    from zoneplanner.storage import Store


@dataclass(frozen=True, slots=True)
class RecordLink:
    """The column that names another record by its uid, of what kind that is, and the refusal."""

    column: str
    kind: str
    read: Callable[[Iterable[NewEntry]], tuple[Any, ...]]
    refusal: str


RECORD_LINKS: Mapping[str, RecordLink] = {
    "after_action": RecordLink(
        *("incident", "incident", read_incidents), "unknown_entry.reviewed_incident"
    ),
    "corrective_action": RecordLink(
        *("review", "after_action", read_after_action_reviews), "unknown_entry.review"
    ),
    "concern_step": RecordLink(
        *("concern", "concern", read_concern_reports), "unknown_entry.concern"
    ),
    "command_entry": RecordLink(
        *("incident", "incident", read_incidents), "unknown_entry.critical_incident"
    ),
}


def find_linked_record(store: "Store", kind: str, text: str) -> Any:
    """Return the record that an entry of a kind names; a concern by its reference, too.

    Raises
    ------
    UserError
        There is none that stands.
    """
    link = RECORD_LINKS[kind]
    found = link.read(store.record(text))
    if not found and link.kind == "concern":
        concerns = read_concern_reports(store.entries(kinds=("concern", "void")))
        found = tuple(one for one in concerns if one.reference.casefold() == text.casefold())
    if len(found) != 1:
        raise UserError(link.refusal, uid=text)
    return found[0]


def check_duty(kind: str, columns: Mapping[str, str], rules: RulePack) -> None:
    """Refuse the report of a yearly duty that the rules do not name."""
    duty, known = columns.get("duty", "").strip(), [one.key for one in rules.duties]
    if kind == DISTRICT_REPORT and duty and duty not in known:
        raise UserError("unknown_choice.duty", item=duty, known=known)


def check_named_things(
    project: Project, store: "Store", kind: str, columns: Mapping[str, str]
) -> None:
    """Refuse a relief call about no shift or officer of the project, and a page without picture.

    Only what is given is looked at: a correction of something else stays possible once the shift
    is gone.
    """
    if kind == RELIEF_RECORD.name:
        if shift := columns.get("shift", "").strip():
            get_shift(project, shift)
        if (officer := columns.get("officer", "").strip()) and not project.officers:
            get_officer(project, officer)
    picture = columns.get("picture", "").strip()
    if kind == CAMPUS_PAGE and picture and store.attachment(picture) is None:
        raise UserError("no_campus_page.not_attached", picture=picture)
