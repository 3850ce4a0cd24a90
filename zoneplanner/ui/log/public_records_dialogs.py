"""Litigation holds and the register of requests for public records, in the window."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QPushButton, QWidget

from zoneplanner.app.log.public_records import (
    list_free_texts,
    list_holds,
    list_requests,
    list_standing_records,
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
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import KEY_ROLE, Column
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
    """A register with buttons that act on the row chosen."""

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
            desk, title, columns, lambda one: one.uid, read(),
            about=WrappedLabel(about), empty=empty, size=_SIZE, parent=parent,
        )  # fmt: skip
        self._desk, self._read = desk, read
        self._own: list[tuple[QPushButton, Callable[[Any], bool]]] = []
        self.view.selectionModel().currentRowChanged.connect(lambda *_: self._look())
        self.view.selectRow(0)

    def add_button(
        self, text: str, do: Callable[[], object], fits: Callable[[Any], bool] | None = None
    ) -> QPushButton:
        """Add a button; with ``fits`` it is for the row chosen, where that fits."""
        button = self.buttons.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
        button.setAutoDefault(False)
        button.clicked.connect(do)
        if fits is not None:
            self._own.append((button, fits))
        self._look()
        return button

    def chosen(self) -> Any:
        """Return the record of the row chosen, None where there is none."""
        place = self.table.place(self.view.currentIndex().data(KEY_ROLE))
        return None if place is None else self.table.row(place)

    def open_form(self, form: QWidget) -> None:
        """Ask by a form, and show the register anew when it is done."""
        assert isinstance(form, FormDialog)
        form.accepted.connect(self.show_again)
        form.ask()

    def show_again(self) -> None:
        """Read the register anew."""
        self.table.show(self._read())
        self._look()

    def _look(self) -> None:
        one = self.chosen()
        for button, fits in self._own:
            button.setEnabled(one is not None and fits(one))


class HoldsDialog(_RegisterDialog):
    """Which matters keep which records from removal."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        session, day = desk.session, desk.session.formats.day

        def name_scope(hold: LitigationHold) -> str:
            site = session.saved_project.sites.get(hold.site or "")
            where = site.name if site else hold.site or "All records"
            since = f", from {day(hold.from_on)}" if hold.from_on else ""
            return f"{where}{since}{f', until {day(hold.until_on)}' if hold.until_on else ''}"

        columns = (
            Column("Placed", lambda one: one.placed_on, lambda one: day(one.placed_on)),
            Column("Matter", lambda one: one.matter),
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
            "&Release", self._release, lambda one: one.released_on is None
        )

    def _release(self) -> None:
        if self._desk.attempt(lambda: release_hold(self._desk.session, self.chosen().uid)):
            self.show_again()


def _make_day_column(title: str, name: str, write: Callable[[date], str]) -> Column:
    return Column(
        title,
        lambda one: getattr(one, name) or date.max,
        lambda one: write(getattr(one, name)) if getattr(one, name) else value_text.NO_VALUE,
    )


class HoldForm(RecordForm):
    """A new hold: the matter, and which records it covers."""

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
        self.matter.setFocus()  # a hold is of a matter; a school only narrows what it covers

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Place the hold."""
        said = parse_office_columns(self._desk.session, HOLD_RECORD, columns)
        place_hold(self._desk.session, said.pop("matter"), **said)


class RequestsDialog(_RegisterDialog):
    """Requests under the California Public Records Act."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        session, day = desk.session, desk.session.formats.day

        def name_due(one: RecordsRequest) -> str:
            late = one.closed_on is None and one.is_overdue(session.today)
            return f"{day(one.due_on)}{', overdue' if late else ''}"

        columns = (
            Column("Received", lambda one: one.received_on, lambda one: day(one.received_on)),
            Column("Asked for", lambda one: one.asked, cell_tip=lambda one: one.asked),
            Column("Due", lambda one: one.due_on, name_due),
            Column("Determined", lambda one: _DETERMINED[one.determination]),
            Column("Copy", lambda one: one.copy or value_text.NO_VALUE),
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
            lambda: self.open_form(RequestForm(desk, corrects=self.chosen(), parent=self)),
            lambda one: True,
        )
        self.copy_button = self.add_button(
            "&Search and Copy…",
            lambda: self.open_form(CopyForm(desk, self.chosen().uid, parent=self)),
            lambda one: one.closed_on is None,
        )


class RequestForm(RecordForm):
    """A request as it was received, and what was done about it since."""

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
                choice = make_choice_box(_DETERMINED, self.recorded("determination"))
                self.determination = self.add("determination", "A&s", choice)
                laws = make_editable_box(EXEMPTIONS, ";".join(self.recorded("exemptions", ())))
                self.exemptions = self.add("exemptions", "E&xemption", laws)

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Log the request."""
        log_request(self._desk.session, **self._read(columns))

    def correct(self, touched: Mapping[str, str]) -> None:
        """Log what was done about it."""
        assert self._record is not None
        log_request(self._desk.session, self._record.uid, **self._read(touched))

    def _read(self, columns: Mapping[str, str]) -> dict[str, Any]:
        return parse_office_columns(self._desk.session, REQUEST_RECORD, columns)


class CopyForm(FormDialog):
    """Searches the log, and writes a copy of what is found, redacted by field."""

    def __init__(self, desk: UiContext, uid: str, *, parent: QWidget | None = None) -> None:
        super().__init__("Search and Copy", "Save Copy…", self._write, parent)
        self._desk, self._uid = desk, uid
        self._records = list_standing_records(desk.session)
        self.words = self.add_field("&Words", QLineEdit())
        self.words.setPlaceholderText(
            "Finds records with all of these words in a text, school, unit or kind"
        )
        self.site = self.add_field("S&chool", _make_optional_site_combo_box(desk))
        self.since = self.add_field("&From", OptionalDayField("From a day", desk, None))
        self.until = self.add_field("&Until", OptionalDayField("Until a day", desk, None))
        self.exempt = {
            name: self.add_field(
                label, make_editable_box(EXEMPTIONS, "", "Left in the copy, or redacted by…")
            )
            for name, label in (("note", "&Notes"), ("type", "&Types"), ("reason", "&Reasons"))
        }
        self.found_label = self.add_field("Found", WrappedLabel())
        self.words.textChanged.connect(self.look)
        self.site.currentTextChanged.connect(self.look)
        for field in (self.since, self.until):
            field.taken.toggled.connect(self.look)
            field.day.dateTimeChanged.connect(self.look)
        self.look()

    def look(self, _: object = None) -> None:
        """Search as it is asked for now."""
        try:
            site = read_chosen_site(self.site, "") or None
        except UserError as error:
            self.require(error.message)
            return
        first, last = (
            date.fromisoformat(text) if text else None
            for text in (self.since.text(), self.until.text())
        )
        self._found = search_log(
            self._desk.session,
            self.words.text(),
            site=site,
            first=first,
            last=last,
            among=self._records,
        )
        texts = {name for one in self._found for name in list_free_texts(one)}
        for name, box in self.exempt.items():
            self.form.setRowVisible(box, name in texts)
        said = format_count(len(self._found), "record")
        with_text = sum(bool(list_free_texts(one)) for one in self._found)
        self.found_label.setText(f"{said}, {with_text:,} of them with text that someone wrote.")
        self.require("" if self._found else "No record matches.")

    def _write(self) -> None:
        path = ask_new_file(self, "Copy for the Request", "Table (*.csv)", Path("copy.csv"))
        if path is not None:
            self.write_copy(path)

    def write_copy(self, path: Path) -> None:
        """Write the copy, and say what in it should be looked at again."""
        exempt = {
            ("", name): law
            for name, box in self.exempt.items()
            if (law := read_field_text(box)) and not box.isHidden()
        }
        made = produce_copy(self._desk.session, self._uid, self._found, path, exempt)
        said = f"Saved {format_count(made.records, 'record')} in {path.name}."
        told = " ".join([said, *made.warnings])
        sign = "problem" if made.warnings else "done"
        self._desk.notices.show_notice(told, sign=sign, stays=bool(made.warnings))
