"""The dialogs for litigation holds and for requests for public records."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.app.log.public_records import (
    list_current_records,
    list_free_texts,
    list_holds,
    list_requests,
    log_request,
    parse_office_columns,
    place_hold,
    produce_copy,
    release_hold,
    search_log,
)
from zoneplanner.domain.log.public_records import (
    DETERMINATION_DAYS,
    EXEMPTIONS,
    HOLD_RECORD,
    MOST_EXTENSION_DAYS,
    REQUEST_RECORD,
    LitigationHold,
    RecordsRequest,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_new_file
from zoneplanner.ui.widgets.inputs.form_dialog import TABLE_PX, FormDialog
from zoneplanner.ui.widgets.inputs.forms import DayField, make_editable_box
from zoneplanner.ui.widgets.inputs.record_form import OptionalDayField, RecordForm, read_field_text
from zoneplanner.ui.widgets.inputs.site_combo_box import (
    SiteComboBox,
    make_site_combo_box,
    read_chosen_site,
)
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TableDialog

_SIZE = (TABLE_PX, 420)
_HOLDS_ABOUT = (
    "While a matter is open, no text can be removed from the records it covers, not even by a "
    "records officer or after the retention period."
)
_REQUESTS_ABOUT = (
    f"A determination is due {DETERMINATION_DAYS} calendar days after receipt; it can be extended "
    f"by at most {MOST_EXTENSION_DAYS} days (Gov. Code 7922.535). This is a planning aid, not "
    "legal advice."
)
_DETERMINED = {
    "": "Not yet",
    "disclosable": "Disclosable",
    "partly_exempt": "Partly exempt",
    "exempt": "Exempt",
    "no_records": "No records",
}


def _make_optional_site_combo_box(desk: UiContext) -> SiteComboBox:
    box = make_site_combo_box(desk.session.project, None)
    line = box.lineEdit()
    assert line is not None
    line.setPlaceholderText("All sites")
    return box


class _RegisterDialog(TableDialog):
    """A table of records with buttons that act on the selected row."""

    def __init__(
        self,
        desk: UiContext,
        title: str,
        columns: tuple[Column, ...],
        read: Callable[[], tuple[Any, ...]],
        *,
        about: str,
        empty: str,
        parent: QWidget | None,
    ) -> None:
        super().__init__(
            desk, title, columns, lambda record: record.uid, read(),
            about=WrappedLabel(about), empty=empty, size=_SIZE, parent=parent,
        )  # fmt: skip
        self._desk, self._read = desk, read
        self.view.selectRow(0)

    def selected(self) -> Any:
        """Return the record of the selected row, or None."""
        return self.view.current_row()

    def open_form(self, form: FormDialog) -> None:
        """Open a form, and refresh the table once it is accepted."""
        form.accepted.connect(self.refresh)
        form.ask()

    def refresh(self) -> None:
        """Show the current records."""
        self.table.show(self._read())


class HoldsDialog(_RegisterDialog):
    """Litigation holds, which protect records from removal."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        session, day = desk.session, desk.session.formats.day

        def name_scope(hold: LitigationHold) -> str:
            site = session.saved_project.sites.get(hold.site or "")
            where = site.name if site else hold.site or "All records"
            since = f", from {day(hold.from_on)}" if hold.from_on else ""
            until = f", until {day(hold.until_on)}" if hold.until_on else ""
            return f"{where}{since}{until}"

        columns = (
            Column("Placed", lambda hold: hold.placed_on, lambda hold: day(hold.placed_on)),
            Column("Matter", lambda hold: hold.matter),
            Column("Covers", name_scope),
            _make_day_column("Released", "released_on", day),
        )
        super().__init__(
            desk, "Litigation Holds", columns, partial(list_holds, session),
            about=_HOLDS_ABOUT, empty="No record is under a hold.", parent=parent,
        )  # fmt: skip
        self.place_button = self.add_button(
            "&Place a Hold…", lambda: self.open_form(HoldForm(desk, parent=self))
        )
        self.release_button = self.add_button(
            "&Release", self._release, lambda hold: hold.released_on is None
        )

    def _release(self) -> None:
        if self._desk.attempt(lambda: release_hold(self._desk.session, self.selected().uid)):
            self.refresh()


def _make_day_column(title: str, name: str, write: Callable[[date], str]) -> Column:
    return Column(
        title,
        lambda record: getattr(record, name) or date.max,
        lambda record: write(day) if (day := getattr(record, name)) else value_text.NO_VALUE,
    )


class HoldForm(RecordForm):
    """Places a hold on the records of a matter."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        super().__init__(desk, "hold", "Place a Litigation Hold", parent=parent)
        self.matter = self.add("matter", "M&atter", QLineEdit(), needed="Name the matter.")
        self.matter.setPlaceholderText("The name or the number of the case")
        self.placed = self.add(
            "placed_on", "&Since", DayField(desk.session.formats, desk.session.today)
        )
        self.site = self.add("site", "&Records of", _make_optional_site_combo_box(desk))
        self.since = self.add("from_on", "&From", OptionalDayField("From a day", desk, None))
        self.until = self.add("until_on", "&Until", OptionalDayField("Until a day", desk, None))
        self.watch_fields()
        self.matter.setFocus()  # rather than the school, which is optional

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Place the hold."""
        values = parse_office_columns(self._desk.session, HOLD_RECORD, columns)
        place_hold(self._desk.session, values.pop("matter"), **values)


class RequestsDialog(_RegisterDialog):
    """Requests under the California Public Records Act."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        session, day = desk.session, desk.session.formats.day

        def describe_due(request: RecordsRequest) -> str:
            late = request.closed_on is None and request.is_overdue(session.today)
            return f"{day(request.due_on)}{', overdue' if late else ''}"

        columns = (
            Column("Received", lambda row: row.received_on, lambda row: day(row.received_on)),
            Column("Asked for", lambda row: row.asked, cell_tip=lambda row: row.asked),
            Column("Due", lambda row: row.due_on, describe_due),
            Column("Determined", lambda row: _DETERMINED[row.determination]),
            Column("Copy", lambda row: row.copy or value_text.NO_VALUE),
            _make_day_column("Closed", "closed_on", day),
        )
        super().__init__(
            desk, "Requests for Public Records", columns, partial(list_requests, session),
            about=_REQUESTS_ABOUT, empty="No requests have been received.", parent=parent,
        )  # fmt: skip
        self.new_button = self.add_button(
            "&New Request…", lambda: self.open_form(RequestForm(desk, parent=self))
        )
        self.update_button = self.add_button(
            "&Update…",
            lambda: self.open_form(RequestForm(desk, corrects=self.selected(), parent=self)),
            lambda row: True,
        )
        self.copy_button = self.add_button(
            "&Search and Copy…",
            lambda: self.open_form(CopyForm(desk, self.selected().uid, parent=self)),
            lambda row: row.closed_on is None,
        )


class RequestForm(RecordForm):
    """Logs a request or, with ``corrects``, what was done about it."""

    def __init__(
        self,
        desk: UiContext,
        *,
        corrects: RecordsRequest | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Update a Request" if corrects else "New Request for Public Records"
        super().__init__(desk, "records_request", title, corrects=corrects, parent=parent)
        self.ok.setText("Save" if corrects else "Log it")
        formats, today = desk.session.formats, desk.session.today
        self.received = self.add(
            "received_on", "&Received", DayField(formats, self.recorded("received_on", today))
        )
        asked = self.make_text_field("asked", "Which records, for which days")
        self.asked = self.add("asked", "&Asked for", asked, needed="Enter what is requested.")
        self.requester = self.add("requester", "&Who asks", self.make_text_field("requester"))
        self.days: dict[str, OptionalDayField] = {}
        if corrects is not None:
            self._add_steps(desk)
        self.watch_fields()

    def _add_steps(self, desk: UiContext) -> None:
        for name, label, box in (
            ("extended_to", "&Extended to", "Extended"),
            ("determined_on", "&Determined", "Determined"),
            ("closed_on", "&Closed", "Closed"),
        ):
            self.days[name] = self.add(
                name, label, OptionalDayField(box, desk, self.recorded(name))
            )
            if name == "extended_to":
                self.add("extension_reason", "Wh&y", self.make_text_field("extension_reason"))
            if name == "determined_on":
                self.determination = self.add_choice("determination", "A&s", _DETERMINED)
                laws = make_editable_box(EXEMPTIONS, ";".join(self.recorded("exemptions", ())))
                self.exemptions = self.add("exemptions", "E&xemption", laws)

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Log the request."""
        log_request(self._desk.session, **self._parse(columns))

    def correct(self, touched: Mapping[str, str]) -> None:
        """Log what was done about the request."""
        assert self._record is not None
        log_request(self._desk.session, self._record.uid, **self._parse(touched))

    def _parse(self, columns: Mapping[str, str]) -> dict[str, Any]:
        return parse_office_columns(self._desk.session, REQUEST_RECORD, columns)


class CopyForm(FormDialog):
    """Searches the log and writes a copy of the matches, with fields redacted by exemption."""

    def __init__(self, desk: UiContext, uid: str, *, parent: QWidget | None = None) -> None:
        super().__init__("Search and Copy", "Save Copy…", self._write, parent)
        self._desk, self._uid = desk, uid
        self._records = list_current_records(desk.session)
        self.words = self.add_field("&Words", QLineEdit())
        self.words.setPlaceholderText(
            "Finds records with all of these words in a text, school, unit or kind"
        )
        self.site = self.add_field("S&chool", _make_optional_site_combo_box(desk))
        self.since = self.add_field("&From", OptionalDayField("From a day", desk, None))
        self.until = self.add_field("&Until", OptionalDayField("Until a day", desk, None))
        self.exempt = {
            name: self.add_field(label, make_editable_box(EXEMPTIONS, "", "None: not redacted"))
            for name, label in (("note", "&Notes"), ("type", "&Types"), ("reason", "&Reasons"))
        }
        self.matches_label = self.add_field("Found", WrappedLabel())
        self.words.textChanged.connect(self.search)
        self.site.currentTextChanged.connect(self.search)
        for field in (self.since, self.until):
            field.taken.toggled.connect(self.search)
            field.day.dateTimeChanged.connect(self.search)
        self.search()

    def search(self, _: object = None) -> None:
        """Find the matching records and count them."""
        try:
            site = read_chosen_site(self.site, "") or None
        except UserError as error:
            self.require(error.message)
            return
        first, last = (
            date.fromisoformat(text) if text else None
            for text in (self.since.text(), self.until.text())
        )
        self._matches = search_log(
            self._desk.session,
            self.words.text(),
            site=site,
            first=first,
            last=last,
            among=self._records,
        )
        texts = [list_free_texts(entry) for entry in self._matches]
        for name, box in self.exempt.items():
            self.form.setRowVisible(box, any(name in names for names in texts))
        count, with_text = format_count(len(texts), "record"), sum(map(bool, texts))
        self.matches_label.setText(f"{count}, {with_text:,} of them with text that someone wrote.")
        self.require("" if texts else "No record matches.")

    def _write(self) -> None:
        path = ask_new_file(self, "Copy for the Request", "Table (*.csv)", Path("copy.csv"))
        if path is not None:
            self.write_copy(path)

    def write_copy(self, path: Path) -> None:
        """Write the copy, and show what in it needs a second look."""
        exempt = {
            ("", name): law
            for name, box in self.exempt.items()
            if (law := read_field_text(box)) and not box.isHidden()
        }
        copy = produce_copy(self._desk.session, self._uid, self._matches, path, exempt)
        saved = f"Saved {format_count(copy.records, 'record')} in {path.name}."
        sign = "problem" if copy.warnings else "done"
        text = " ".join([saved, *map(str, copy.warnings)])
        self._desk.notices.show_notice(text, sign=sign, stays=bool(copy.warnings))
