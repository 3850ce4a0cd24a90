"""The questions what if a unit is off, or an agency has more or fewer zones, with their answers."""

from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from zoneplanner.app.plans.zone_counts import count_zones
from zoneplanner.app.plans.zone_options import (
    PlanCost,
    ZoneOption,
    ZoneOptions,
    overlay_zone_option,
    save_zone_option,
    search_unit_absence_options,
    search_zone_count_options,
)
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.forms import DayField
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box, make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    HidingLabel,
    OfferCard,
    clear_layout,
    compact_button,
    make_column_layout,
    make_muted_label,
    make_row_layout,
    make_section_label,
    push_button,
)
from zoneplanner.ui.widgets.services.jobs import Job
from zoneplanner.ui.widgets.services.ui_context import MapPreview, UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX, WIDE_MARGIN_PX, make_swatch_icon
from zoneplanner.ui.widgets.style.value_text import (
    NO_VALUE,
    describe_unit,
    format_difference,
    format_number,
    format_share,
)


class WhatIfAnswerList(QWidget):
    """One card per answer, the least drive first.

    ``show_requested`` and ``save_requested`` carry an answer.
    """

    show_requested = Signal(object)
    save_requested = Signal(object)

    def __init__(self, *, may_save: bool) -> None:
        super().__init__()
        self._may_save = may_save
        self._answers: tuple[ZoneOption, ...] = ()
        self.cards: dict[str, _AnswerCard] = {}
        self.summary = make_muted_label()
        self._cards_layout = QVBoxLayout()
        self._cards_layout.setSpacing(SPACING_PX)
        make_column_layout(self, self.summary, self._cards_layout, margin_px=0)

    def show_answers(self, options: ZoneOptions | None) -> None:
        """Show the answers so far; None hides the list."""
        answers = options.found if options is not None else ()
        self.summary.setText(_summarize(options) if options is not None else "")
        self.setVisible(options is not None)
        if answers == self._answers:
            return
        self._answers = answers
        clear_layout(self._cards_layout)
        self.cards = {}
        for answer in answers:
            card = self.cards[str(answer.title)] = _AnswerCard(answer)
            card.show_button.clicked.connect(
                lambda _=False, answer=answer: self.show_requested.emit(answer)
            )
            card.save_button.setHidden(not self._may_save)
            card.save_button.clicked.connect(
                lambda _=False, answer=answer: self.save_requested.emit(answer)
            )
            self._cards_layout.addWidget(card)

    def mark_shown(self, shown: ZoneOption | None) -> None:
        """Mark the card of the answer that the map shows."""
        for answer in self._answers:
            button = self.cards[str(answer.title)].show_button
            button.setChecked(answer is shown)
            button.setText("Hide" if answer is shown else "Show")


class _AnswerCard(OfferCard):
    """One answer with its cost and its buttons."""

    def __init__(self, answer: ZoneOption) -> None:
        self.cost = make_muted_label(_describe_cost(answer))
        self.cost.setToolTip(
            "Drive, largest deviation, sites that change zones, and the expected response."
        )
        self.show_button, self.save_button = compact_button("Show"), compact_button("Save as plan")
        self.show_button.setAccessibleName(f"Show on the map: {answer.title}")
        self.show_button.setCheckable(True)
        self.save_button.setAccessibleName(f"Save as plan: {answer.title}")
        buttons = make_row_layout(self.show_button, self.save_button, None)
        super().__init__(make_section_label(str(answer.title)), self.cost, buttons)


def _summarize(options: ZoneOptions) -> str:
    """Describe what the plan costs today, and the response if nothing is done."""
    today = options.today
    text = (
        f"Today: {format_number(today.drive_min)} min of driving per day, largest deviation "
        f"{format_share(today.worst_deviation, signed=True)}, {_describe_response(today)}."
    )
    if options.cost_if_idle is not None:
        text += f" If nothing is done: {_describe_response(options.cost_if_idle)}."
    if not options.found and options.done:
        text += " No option was found."
    return text


def _describe_cost(answer: ZoneOption) -> str:
    """Describe what an answer costs compared with today."""
    more = format_difference(answer.more_min, 0, good=answer.more_min < 0)
    verb = "changes" if answer.sites_changed == 1 else "change"
    drive = f"{more} min of driving per day" if more != NO_VALUE else "The same drive as today"
    return (
        f"{drive}, largest deviation {format_share(answer.cost.worst_deviation, signed=True)}, "
        f"{_describe_response(answer.cost)}. {format_count(answer.sites_changed, 'site')} with "
        f"{format_count(answer.students_changed, 'student')} {verb} zones."
    )


def _describe_response(cost: PlanCost) -> str:
    if cost.response_min is None:
        return "nobody to answer calls"
    response = f"response in {format_number(cost.response_min, 1)} min"
    if cost.within is None:
        return response
    return f"{response} ({format_share(cost.within, 0)} within {RESPONSE_TARGET_MIN:g} min)"


_MAX_ZONES = 200
_BAR_PX = 6
STALE_ANSWERS = "The plan has changed. Run the search again to get answers for it."


class WhatIfView(QWidget):
    """Asks a question, searches for answers in a background job, and saves one as a what-if."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job | None = None
        self._options: ZoneOptions | None = None
        self._is_stale = False
        self._make_fields()
        self.list = WhatIfAnswerList(may_save=not desk.session.explain_denied_edit())
        self.preview: MapPreview[ZoneOption] = MapPreview(desk, self)
        gap_px = WIDE_MARGIN_PX - SPACING_PX
        make_column_layout(
            self,
            make_section_label("A unit off for a day"),
            _make_row("&Unit", self.unit),
            make_row_layout(self.on_day, (self.day, 1)),
            make_row_layout(self.off_button, None),
            gap_px,
            make_section_label("More or fewer zones"),
            _make_row("&Agency", self.agency),
            _make_row("&Zones", self.zones),
            make_row_layout(self.count_button, None),
            gap_px,
            self.bar,
            self.text,
            make_row_layout(self.cancel_button, None),
            self.list,
            margin_px=0,
        )
        self.list.show_requested.connect(self._toggle_preview)
        self.list.save_requested.connect(self._save)
        self.preview.changed.connect(self._show_notice)
        desk.bridge.changed.connect(self.refresh)
        desk.bridge.selection_changed.connect(self._follow_selection)
        self.list.show_answers(None)
        self._show_running(False)
        self.refresh()

    @property
    def busy(self) -> bool:
        """Whether a search is running."""
        return self._job is not None

    def ask_unit_off(self) -> None:
        """Focus the unit field, with the selected zone's unit chosen."""
        self._follow_selection()
        self.unit.setFocus()

    def refresh(self, _event: object = None) -> None:
        """Update the choices to the plan on screen."""
        session = self._desk.session
        plan, project = session.plan, session.project
        unit = self.unit.currentData()
        self.unit.clear()
        counts = count_zones(project, plan) if plan is not None else {}
        for zone in plan.zones if plan is not None else ():
            text = f"{zone.id} · {describe_unit(project, zone.unit)}"
            self.unit.addItem(make_swatch_icon(zone.color), text, zone.id)
        self.unit.setCurrentIndex(max(0, self.unit.findData(unit)))
        agencies = {}
        for name, count in counts.items():
            known = project.agencies.get(name)
            agencies[name] = f"{known.short if known else name}, {count} now"
        self.agency.offer(agencies, self.agency.currentData())
        self._update_enabled()
        self._mark_stale()

    def start_unit_off(self) -> None:
        """Search for answers while the chosen unit is off."""
        zone, day = self.unit.currentData(), self.day.day() if self.on_day.isChecked() else None
        self.preview.clear()
        state = self._desk.session.state
        self._start(
            f"Searching for ways to cover zone {zone} without its unit",
            lambda: search_unit_absence_options(state, zone, on=day),
        )

    def start_count(self) -> None:
        """Search for plans with the chosen number of zones."""
        agency, count = self.agency.currentData(), self.zones.value()
        self.preview.clear()
        state = self._desk.session.state
        self._start(
            f"Searching for plans with {format_count(count, 'zone')}",
            lambda: search_zone_count_options(state, agency, count),
        )

    def cancel(self) -> None:
        """Cancel the search; the answers so far stay."""
        if self._job is not None:
            self._job.cancel()

    def _start(self, title: str, search: Callable[[], Iterator[ZoneOptions]]) -> None:
        if self._job is not None:
            return
        self._options = None
        self.list.show_answers(None)
        self._show_running(True)
        self._show_text("Starting…")
        self._job = self._desk.jobs.run_candidates(
            title,
            search,
            on_candidate=self._show_options,
            on_done=self._finish,
            on_failed=self._fail,
            on_cancelled=self._end_canceled,
        )

    def _show_options(self, options: ZoneOptions) -> None:
        self._options = options
        self.bar.setRange(0, 100)
        self.bar.setValue(round(100 * options.part))
        self.list.show_answers(options)
        if self._job is not None and options.task:
            self._show_text(f"{options.task}…")
            self._desk.jobs.show_progress(self._job, options.part, str(options.task))

    def _finish(self, _options: ZoneOptions | None) -> None:
        self._show_running(False)
        self._show_text("")
        self._mark_stale()

    def _fail(self, error: Exception) -> None:
        self._show_running(False)
        self._show_text(error.message if isinstance(error, UserError) else "")
        self._desk.jobs.fail(error)

    def _end_canceled(self) -> None:
        self._show_running(False)
        self._show_text(
            "Canceled; the results found so far stay below." if self._options else "Canceled."
        )

    def _toggle_preview(self, answer: ZoneOption) -> None:
        """Preview an answer in the plan that was searched, or end its preview."""
        is_shown = self.preview.shown is answer
        self.preview.clear()
        if is_shown or self._options is None:
            return
        session, start = self._desk.session, self._options.start
        if session.plan_uid != start.uid and start.uid in session.saved_project.plans:
            session.show_plan(start.uid)
        uid = session.plan_uid or ""
        self.preview.show(answer, lambda project: overlay_zone_option(project, uid, answer))
        self.list.mark_shown(self.preview.shown)

    def _show_notice(self, answer: ZoneOption | None) -> None:
        """Show a notice over the map as long as it shows a preview."""
        self.list.mark_shown(answer)
        notices = self._desk.notices
        if answer is not None:
            text = f"Preview: {answer.title}. Nothing is saved; press Esc to end the preview."
            offer = "" if self._desk.session.explain_denied_edit() else "Save as plan"
            save = partial(self._save, answer)
            notices.show_notice(text, offer=offer, on_offer=save, stays=True, of=self)
        else:
            notices.hide_notice(self)

    def _save(self, answer: ZoneOption) -> None:
        """Save an answer as a what-if, as one step."""
        self.preview.clear()
        options, session = self._options, self._desk.session
        if options is None or not self._desk.attempt(
            lambda: save_zone_option(session, options, answer)
        ):
            return
        self._options, plan = None, session.plan
        self.list.show_answers(None)
        self._show_text("")
        self._desk.report_done(f"Saved as “{plan.name}”: {answer.title}." if plan else "Saved.")

    def _follow_selection(self, _selection: object = None) -> None:
        """Choose the unit of the selected zone, or of the selected site's zone."""
        zone = self._desk.bridge.selection.find_zone(self._desk.session.plan)
        index = self.unit.findData(zone) if zone is not None else -1
        if index >= 0 and self._job is None:
            self.unit.setCurrentIndex(index)

    def _suggest_count(self, _index: int = 0) -> None:
        """Suggest one zone more than the agency has, when that or the agency changes."""
        session = self._desk.session
        counts = count_zones(session.project, session.plan) if session.plan is not None else {}
        now = counts.get(self.agency.currentData())
        if now is not None and self.zones.property("of") != (self.agency.currentData(), now):
            self.zones.setProperty("of", (self.agency.currentData(), now))
            self.zones.setValue(now + 1)

    def _mark_stale(self) -> None:
        """Point out if the searched plan has changed since the answers were found."""
        options, plans = self._options, self._desk.session.saved_project.plans
        if options is None or self._job is not None:
            return
        is_stale = plans.get(options.start.uid) is not options.start
        if is_stale or self._is_stale:
            self._show_text(STALE_ANSWERS if is_stale else "")
            self._is_stale = is_stale

    def _show_text(self, text: str) -> None:
        self._is_stale = False
        self.text.setText(text)

    def _update_enabled(self) -> None:
        can_search = self.unit.count() > 0 and self._job is None
        for field in (self.unit, self.on_day, self.agency, self.zones):
            field.setEnabled(can_search)
        self.day.setEnabled(can_search and self.on_day.isChecked())
        for button in (self.off_button, self.count_button):
            button.setEnabled(can_search)
        self._suggest_count()

    def _show_running(self, running: bool) -> None:
        if not running:
            self._job = None
        self.bar.setVisible(running)
        self.bar.setRange(0, 0)
        self.cancel_button.setVisible(running)
        for button in (self.off_button, self.count_button):
            button.setEnabled(not running and self.unit.count() > 0)

    def _make_fields(self) -> None:
        self.unit = make_choice_box({}, name="Unit to take off duty", least_letters=10)
        self.agency = make_choice_box({}, name="Agency", least_letters=10)
        self.agency.currentIndexChanged.connect(self._suggest_count)
        self.on_day = QCheckBox("On a &day")
        self.on_day.setToolTip("Include the day in the name of the saved plan.")
        self.day = DayField(self._desk.session.formats, self._desk.session.today)
        self.day.setAccessibleName("Day on which the unit is off")
        self.on_day.toggled.connect(self.day.setEnabled)
        self.zones = make_number_box(1, _MAX_ZONES)
        self.zones.setAccessibleName("Number of zones")
        self.off_button = push_button("Find answers", do=self.start_unit_off)
        self.count_button = push_button("Find zones", do=self.start_count)
        self.cancel_button = push_button("Cancel", do=self.cancel)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(_BAR_PX)
        self.bar.setAccessibleName("Searching")
        self.text = HidingLabel()

    def hideEvent(self, event: QHideEvent) -> None:
        """End the preview, because the buttons that end it are hidden."""
        if not event.spontaneous():
            self.preview.clear()
        super().hideEvent(event)


def _make_row(title: str, field: QWidget) -> QHBoxLayout:
    label = QLabel(title)
    label.setBuddy(field)
    return make_row_layout(label, (field, 1))
