"""The forms for records that are declared by their fields, such as training, and for concerns."""

from collections.abc import Callable, Collection, Mapping

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
from zoneplanner.messages import Message
from zoneplanner.publish.web.family_sheets import list_translations
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

_MAX_CALLS = 40
_NOT_RECORDED = "Not recorded"


class PeopleRecordDialog(RecordForm):
    """Logs a record of a declared kind, with a field for each of its columns."""

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None = None,
        *,
        kind: str,
        corrects: LogRecord | None = None,
        parent: QWidget | None = None,
    ) -> None:
        words = read_record_words()[kind]
        title = f"Correct: {words.menu_text}" if corrects else words.menu_text
        super().__init__(desk, kind, title, corrects=corrects, parent=parent)
        self.set_about(f"{self.about.text()} {words.about}".strip())
        record_kind, self._calls = RECORD_KINDS[kind], dict[str, Incident]()
        self._site_column = "at_site" if "at_site" in record_kind.fields else "site"
        for column in sorted(record_kind.fields, key=lambda name: name != self._site_column):
            if column == "version" and corrects is None:
                continue  # a new record is about the current version
            label, needed = format_column(kind, column), None
            if column in record_kind.required and column not in record_kind.choices:
                needed = f"Fill in “{label.replace('&', '')}”."
            self.add(column, label, self._make_field(kind, column, site_id), needed=needed)
        if self._calls and corrects is None:
            self._link_site_and_call()
        self.watch_fields()

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Log the record; show a notice if it reviews a text that has changed since."""
        super().log_record(columns)
        if self._kind == TEXT_REVIEW_RECORD.name:
            (*_, last) = self._desk.session.store.entries(kinds=(self._kind,))
            if not last.payload.get("version"):
                self._desk.notices.show_notice(str(Message("review_of_earlier_text")))

    def future_columns(self) -> Collection[str]:
        """Return all columns but the one that orders the records, whose time must be past."""
        return self._fields.keys() - {RECORD_KINDS[self._kind].order_field}

    def _make_field(self, kind: str, column: str, site_id: str | None) -> QWidget:
        record_kind = RECORD_KINDS[kind]
        value, required = self.recorded(column), column in record_kind.required
        if column in ("site", "at_site"):
            chosen = self.recorded(column, site_id if column == self._site_column else None)
            return make_site_combo_box(self._desk.session.project, chosen)
        listings: dict[str, Callable[[], dict[str, str]]] = {
            "unit": self._list_units,
            "language": _list_languages,
            "concern": self._list_concerns,
            "incident": self._list_calls,
        }
        if column in listings:
            return make_choice_box(listings[column](), value)
        if column in record_kind.list_choices:
            words = {key: format_choice(key) for key in record_kind.list_choices[column]}
            return WordsField(words, value or ())
        if column in record_kind.choices:
            choices = {} if required else {"": _NOT_RECORDED}
            choices |= {key: format_choice(key) for key in record_kind.choices[column]}
            return make_choice_box(choices, value)
        return self._make_value_field(column, record_kind.fields[column].stored, required=required)

    def _make_value_field(self, column: str, stored: ValueType, *, required: bool) -> QWidget:
        field: QWidget
        value = self.recorded(column)
        match stored:
            case ValueType.TIME:
                field = OptionalTimeField(self._desk, value, needed=required)
            case ValueType.DAY if required:
                field = DayField(self._desk.session.formats, value or self._desk.session.today)
            case ValueType.DAY:
                field = OptionalDayField(column, self._desk, value)
            case ValueType.BOOLEAN:
                choices = {"": _NOT_RECORDED, "true": "Yes", "false": "No"}
                field = make_choice_box(choices, "" if value is None else str(value).casefold())
            case ValueType.NUMBER:
                field = QLineEdit("" if value is None else f"{value:g}")
            case _:
                field = self.make_text_field(column)
        return field

    def _list_units(self) -> dict[str, str]:
        units = self._desk.session.project.units.values()
        return {unit.id: f"{unit.id} {unit.name}" for unit in units}

    def _list_concerns(self) -> dict[str, str]:
        """Return the references of concerns by uid, open concerns first."""
        entries = self._desk.session.store.entries(kinds=("concern", "void"))
        concerns = read_concern_reports(entries)
        by_state = sorted(concerns, key=lambda concern: concern.closed_at is not None)
        return {concern.uid: concern.reference for concern in by_state}

    def _list_calls(self) -> dict[str, str]:
        """Return the latest calls by uid, and the call of the corrected record."""
        session, recorded = self._desk.session, self.recorded("incident") or ""
        calls = sorted(list_incidents(session), key=lambda call: call.received_at, reverse=True)
        shown = [call for call in calls[:_MAX_CALLS] if call.uid != recorded]
        shown += [call for call in calls if call.uid == recorded]
        self._calls = {call.uid: call for call in shown}
        names = {call.uid: self._describe_call(call) for call in shown}
        return {recorded: recorded, **names} if recorded and recorded not in names else names

    def _describe_call(self, call: Incident) -> str:
        session = self._desk.session
        when = value_text.format_moment(call.received_at, session)
        site = session.project.sites.get(call.site or "")
        return f"{when} {call.type}, {site.name if site else 'no site'}"

    def _link_site_and_call(self) -> None:
        """Keep the chosen call and site consistent when either changes."""
        site, call = self._fields["site"], self._fields["incident"]
        assert isinstance(site, QComboBox) and isinstance(call, QComboBox)

        def differ() -> bool:
            return bool(self._calls[call.currentData()].site != site.currentData())

        def follow_site() -> None:
            at_site = [uid for uid, each in self._calls.items() if each.site == site.currentData()]
            if at_site and differ():
                call.setCurrentIndex(call.findData(at_site[0]))

        def follow_call() -> None:
            if differ():
                site.setCurrentIndex(site.findData(self._calls[call.currentData()].site))

        follow_site()
        follow_call()
        site.currentIndexChanged.connect(follow_site)
        call.currentIndexChanged.connect(follow_call)


def _list_languages() -> dict[str, str]:
    """Return the languages of texts for families, each by its native name."""
    # the publishing code is loaded on first use, as in app/readiness/records.py

    return {code: QLocale(code).nativeLanguageName() for code in list_translations()}


_TIMES = {
    "received_at": "&Received",
    "acknowledged_at": "&Acknowledged",
    "closed_at": "&Closed",
}
_NO_REFERENCE = "Enter the reference number of the report."


class ConcernDialog(RecordForm):
    """Logs the reference and the times of a concern report, without its text or any name."""

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None = None,
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
        self.site = self.add_site(site_id)
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
