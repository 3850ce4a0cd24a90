"""The dialog Set Up Your Office, which asks for facts that the program cannot know."""

from datetime import date, timedelta

from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QLineEdit, QWidget

from zoneplanner.app.coverage.demand import describe_demand, read_demand
from zoneplanner.app.projects.office_setup import (
    OFFICE_DEMAND,
    OfficeSetup,
    find_lockdown_rule,
    find_log_begin,
    set_up_office,
)
from zoneplanner.domain.demand import PRESET, PUBLIC_CALLS, Demand
from zoneplanner.domain.log.days_on_record import AFTER_ACTION_RECORDS, DECLARED_KINDS
from zoneplanner.domain.readiness.rule_pack import MAX_DRILLS_PER_PERIOD
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import DayField
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    make_choice_box,
    make_decimal_box,
    make_number_box,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_muted_label,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext

_ABOUT = (
    "The program cannot know these facts. You can change every answer later; a field that you "
    "leave unchanged has no effect."
)
_DEFAULT_DAYS_BACK, _MAX_TIME_BACK = 28, timedelta(days=36_500)
_KIND_NAMES = {AFTER_ACTION_RECORDS: "After-action reviews"}
_KIND_TIPS = {
    AFTER_ACTION_RECORDS: "Imported calls on or after this day make reviews due; "
    "calls that you log here always do."
}
_DONE_BEFORE = (
    "Drills and plan reviews held before the log began: import a list of them, or log them in "
    "Readiness. Until then they show as “no record on file”, not as overdue."
)
_MAX_CALLS = 999.0


class OfficeSetupDialog(FormDialog):
    """Asks for calls per day, since when records are complete, phones and the lockdown rule."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("Set Up Your Office", "Save", self._save, parent)
        self._desk = desk
        self.set_about(_ABOUT)
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText("Skip")
        project, state = desk.session.saved_project, desk.session.state
        names = {PRESET: "Preset"}
        names |= {name: _name_choice(known) for name, known in project.demand.known.items()}
        names.pop(OFFICE_DEMAND, None)  # it comes last
        names[OFFICE_DEMAND] = "Our own figure"
        self.use = make_choice_box(names, project.demand.use, name="Calls per day")
        self.use.setToolTip(desk.session.rewrite(describe_demand(read_demand(state))))
        self.form.addRow("&Calls per school day", self.use)
        figures, demand = PUBLIC_CALLS, read_demand(state)
        if project.demand.use == OFFICE_DEMAND:
            figures = (demand.low, demand.calls_per_day, demand.high)
        self.low, self.value, self.high = (
            make_decimal_box(0.0, _MAX_CALLS, figure) for figure in figures
        )
        for box, name in ((self.low, "At least"), (self.value, "Expected"), (self.high, "At most")):
            box.setAccessibleName(f"{name}, calls per school day")
            box.setToolTip(f"{name}.")
        self.own = make_row_layout((self.low, 1), (self.value, 1), (self.high, 1))
        self.form.addRow("Low, expected, high", self.own)
        self.use.currentIndexChanged.connect(lambda _: self._show_own_figures())
        self._add_record_kinds()
        self.import_button = push_button("Save and import a list…", do=self._save_and_import)
        self.form.addRow("Done this year", make_muted_label(_DONE_BEFORE))
        self.form.addRow("", make_row_layout(self.import_button, None))
        self.phones: dict[str, QLineEdit] = {}
        for agency in project.agencies.values():
            phone = self.phones[agency.id] = QLineEdit(agency.phone)
            phone.setAccessibleName(f"Phone of {agency.id}")
            self.form.addRow(f"Phone, {agency.short}", phone)
        self._initial_drills = find_lockdown_rule(project)
        self.lockdown = make_number_box(
            0,
            MAX_DRILLS_PER_PERIOD,
            self._initial_drills,
            suffix=" a semester",
            least_text="no rule",
        )
        self._initial_days = self._read_complete_days()
        self.form.addRow("&Lockdown drills", self.lockdown)
        self._show_own_figures()

    def _add_record_kinds(self) -> None:
        self.kinds: dict[str, tuple[QCheckBox, DayField]] = {}
        session = self._desk.session
        today, formats = session.today, session.formats
        records, begun = session.saved_project.records, find_log_begin(session)
        for kind in DECLARED_KINDS:
            name = _KIND_NAMES.get(kind, kind.capitalize())
            declared = records.kind(kind)
            since, spans = declared.complete_since, declared.complete
            complete = QCheckBox("The log has all of them since")
            day = DayField(
                formats, since or begun.get(kind) or today - timedelta(_DEFAULT_DAYS_BACK)
            )
            past = ", ".join(formats.days(span.first, span.last) for span in spans if span.last)
            declared_tip = f"Declared complete so far: {past}." if past else ""
            complete.setToolTip(_KIND_TIPS.get(kind, declared_tip))
            day.limit(today - _MAX_TIME_BACK, today)
            complete.setChecked(since is not None)
            day.setEnabled(since is not None)
            complete.toggled.connect(day.setEnabled)
            for part in (complete, day):
                part.setAccessibleName(f"{name}: the log has all of them since")
            self.kinds[kind] = (complete, day)
            self.form.addRow(name, make_row_layout(complete, (day, 1)))

    def setup(self) -> OfficeSetup:
        """Return the setup in the fields."""
        use = self.use.currentData()
        figures = (self.low.value(), self.value.value(), self.high.value())
        drills = self.lockdown.value()
        return OfficeSetup(
            use=use,
            calls_per_day=figures if use == OFFICE_DEMAND else None,
            complete_since={
                kind: day
                for kind, day in self._read_complete_days().items()
                if day != self._initial_days[kind]
            },
            phones={agency: line.text().strip() for agency, line in self.phones.items()},
            lockdown_drills=drills if drills != self._initial_drills else None,
        )

    def _read_complete_days(self) -> dict[str, date | None]:
        return {
            kind: day.day() if complete.isChecked() else None
            for kind, (complete, day) in self.kinds.items()
        }

    def _show_own_figures(self) -> None:
        self.form.setRowVisible(self.own, self.use.currentData() == OFFICE_DEMAND)

    def _save_and_import(self) -> None:
        self.accept()
        if self.result() == self.DialogCode.Accepted:
            self._desk.actions["import"].trigger()

    def _save(self) -> None:
        set_up_office(self._desk.session, self.setup())


def _name_choice(demand: Demand) -> str:
    """Return a demand's name with its figures, such as “Public, 24 (10 to 34)”."""
    figures = (demand.low, demand.calls_per_day, demand.high)
    low, value, high = (f"{round(figure, 1):g}" for figure in figures)
    return f"{demand.name.capitalize()}, {value} ({low} to {high})"
