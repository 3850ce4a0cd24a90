"""Log training, partners, steps on a concern and violent incidents: forms from declared fields.

Keep the clock of a concern report: its reference elsewhere, and when what was done.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from zoneplanner.app.log.logbook import list_incidents
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.follow_up_entries import read_concern_reports
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.log.office_entries import TEXT_REVIEW_RECORD
from zoneplanner.domain.log.record_schema import (
    LogRecord,
    ValueType,
    format_choice,
    format_column,
    read_record_words,
)
from zoneplanner.domain.readiness.follow_up import ConcernReport
from zoneplanner.messages import render_message
from zoneplanner.ui.widgets.inputs.forms import DayField
from zoneplanner.ui.widgets.inputs.record_form import (
    OptionalDayField,
    OptionalTimeField,
    RecordForm,
    WordsField,
)
from zoneplanner.ui.widgets.inputs.site_combo_box import make_site_combo_box
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text

_MOST_CALLS = 40
_NOT_SAID = "Not recorded"


class PeopleRecordDialog(RecordForm):
    """One record of such a kind, with a field for each of its columns."""

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None,
        *,
        kind: str,
        corrects: LogRecord | None = None,
        parent: QWidget | None = None,
    ) -> None:
        words = read_record_words()[kind]
        title = f"Correct: {words.menu_text}" if corrects else words.menu_text
        super().__init__(desk, kind, title, corrects=corrects, parent=parent)
        self.set_about(f"{self.about.text()} {words.about}".strip())
        own, self._calls = RECORD_KINDS[kind], dict[str, Incident]()
        self._place = "at_site" if "at_site" in own.fields else "site"
        for column in sorted(own.fields, key=lambda one: one != self._place):
            if column == "version" and corrects is None:
                continue  # it is that of the text as it is now
            label, needed = format_column(kind, column), None
            if column in own.required and column not in own.choices:
                needed = f"Fill in “{label.replace('&', '')}”."
            self.add(column, label, self._make_field(kind, column, site_id), needed=needed)
        if self._calls and corrects is None:
            self._keep_together()
        self.watch_fields()

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Log it; a review of a text that was changed since is said to release nothing."""
        super().log_record(columns)
        if self._kind == TEXT_REVIEW_RECORD.name:
            (*_, last) = self._desk.session.store.entries(kinds=(self._kind,))
            if not last.payload.get("version"):
                self._desk.notices.show_notice(render_message("review_of_earlier_text", {}))

    def future_columns(self) -> Collection[str]:
        """Only the time by which they are in order is surely past."""
        return self._fields.keys() - {RECORD_KINDS[self._kind].order_field}

    def _make_field(self, kind: str, column: str, site_id: str | None) -> QWidget:
        own, formats = RECORD_KINDS[kind], self._desk.session.formats
        old, needed = self.recorded(column), column in own.required
        if column in ("site", "at_site"):
            chosen = self.recorded(column, site_id if column == self._place else None)
            return make_site_combo_box(self._desk.session.project, chosen)
        listed: dict[str, Callable[[], dict[str, str]]] = {
            "unit": self._list_units,
            "language": _list_languages,
            "concern": self._list_concerns,
            "incident": self._list_calls,
        }
        if column in listed:
            return make_choice_box(listed[column](), old)
        if column in own.list_choices:
            words = {one: format_choice(one) for one in own.list_choices[column]}
            return WordsField(words, old or ())
        if column in own.choices:
            words = {} if needed else {"": _NOT_SAID}
            words |= {one: format_choice(one) for one in own.choices[column]}
            return make_choice_box(words, old)
        made: dict[ValueType, Callable[[], QWidget]] = {
            ValueType.TIME: lambda: OptionalTimeField(self._desk, old, needed=needed),
            ValueType.DAY: lambda: (
                DayField(formats, old or self._desk.session.today)
                if needed
                else OptionalDayField(column, self._desk, old)
            ),
            ValueType.BOOLEAN: lambda: make_choice_box(
                {"": _NOT_SAID, "true": "Yes", "false": "No"},
                "" if old is None else str(old).casefold(),
            ),
            ValueType.NUMBER: lambda: QLineEdit(_format_count(old)),
        }
        return made.get(own.fields[column].stored, lambda: self.make_text_field(column))()

    def _list_units(self) -> dict[str, str]:
        units = self._desk.session.project.units.values()
        return {one.id: f"{one.id} {one.name}" for one in units}

    def _list_concerns(self) -> dict[str, str]:
        """Return the concerns by uid, those that are open first."""
        entries = self._desk.session.store.entries(kinds=("concern", "void"))
        found = sorted(read_concern_reports(entries), key=lambda one: one.closed_at is not None)
        return {one.uid: one.reference for one in found}

    def _list_calls(self) -> dict[str, str]:
        """Return the latest calls by uid, the one that a correction names among them."""
        session, kept = self._desk.session, self.recorded("incident") or ""
        calls = sorted(list_incidents(session), key=lambda one: one.received_at, reverse=True)
        shown = [one for one in calls[:_MOST_CALLS] if one.uid != kept]
        shown += [one for one in calls if one.uid == kept]
        self._calls = {one.uid: one for one in shown}
        names = {one.uid: self._describe_call(one) for one in shown}
        return {**({} if kept in names or not kept else {kept: kept}), **names}

    def _describe_call(self, call: Incident) -> str:
        session = self._desk.session
        when = value_text.format_moment(call.received_at, session)
        place = session.project.sites.get(call.site or "")
        return f"{when} {call.type}, {place.name if place else 'no site'}"

    def _keep_together(self) -> None:
        """Let the call be one of the school, and the school that of the call."""
        site, call = self._fields["site"], self._fields["incident"]
        assert isinstance(site, QComboBox) and isinstance(call, QComboBox)

        def is_apart() -> bool:
            return bool(self._calls[call.currentData()].site != site.currentData())

        def follow_site() -> None:
            here = [uid for uid, one in self._calls.items() if one.site == site.currentData()]
            if here and is_apart():
                call.setCurrentIndex(call.findData(here[0]))

        def follow_call() -> None:
            if is_apart():
                site.setCurrentIndex(site.findData(self._calls[call.currentData()].site))

        follow_site()
        follow_call()
        site.currentIndexChanged.connect(follow_site)
        call.currentIndexChanged.connect(follow_call)


def _list_languages() -> dict[str, str]:
    """Return the languages of texts for families, each by its own name."""
    # what publishes is loaded where it is asked for, as in app/readiness/records.py
    from zoneplanner.publish.web.family_sheets import list_translations

    return {one: QLocale(one).nativeLanguageName() for one in list_translations()}


def _format_count(count: Any) -> str:
    return "" if count is None else f"{count:g}"


_TIMES = {
    "received_at": "&Received",
    "acknowledged_at": "&Acknowledged",
    "closed_at": "&Closed",
}
_NO_REFERENCE = "Enter the reference number of the report."


class ConcernDialog(RecordForm):
    """A reference and a clock; there is no field for a text or a name."""

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None,
        *,
        corrects: ConcernReport | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct a Concern Report" if corrects else "Concern Report"
        super().__init__(desk, "concern", title, corrects=corrects, parent=parent)
        self.set_about(
            f"{self.about.text()} Enter only the reference and the times. The report "
            "itself, with its text and names, stays where it was made.".strip()
        )
        site = make_site_combo_box(desk.session.project, self.recorded("site", site_id))
        self.site = self.add("site", "&Site", site)
        self.reference = self.add(
            "reference",
            "Re&ference",
            self.make_text_field("reference", "Such as C-2026-014"),
            needed=_NO_REFERENCE,
        )
        self.received, self.acknowledged, self.closed = (
            self.add(
                column,
                label,
                OptionalTimeField(desk, self.recorded(column), needed=column == "received_at"),
            )
            for column, label in _TIMES.items()
        )
        self.watch_fields(self.reference)
