"""What if a unit is off, or an agency has more or fewer zones: asked, found, shown, kept.

What a what-if about zones found: each answer with its cost, shown or kept by a click.
"""

from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QProgressBar, QWidget

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
    OfferCard,
    WrappedLabel,
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
    """A card an answer, the least drive first. ``shown`` and ``kept`` carry an answer."""

    shown = Signal(object)
    kept = Signal(object)

    def __init__(self, *, may_keep: bool) -> None:
        super().__init__()
        self._may_keep = may_keep
        self._found: tuple[ZoneOption, ...] = ()
        self.cards: dict[str, _AnswerCard] = {}
        self.head = make_muted_label()
        self._body = QWidget()
        self._cards = make_column_layout(self._body, margin_px=0)
        make_column_layout(self, self.head, self._body, margin_px=0)

    def show_answers(self, answers: ZoneOptions | None) -> None:
        """Show what is known; None empties the list."""
        found = answers.found if answers is not None else ()
        self.head.setText(_head_words(answers) if answers is not None else "")
        self.setVisible(answers is not None)
        if found == self._found:
            return
        self._found = found
        clear_layout(self._cards)
        self.cards = {}
        for answer in found:
            card = self.cards[answer.title] = _AnswerCard(answer)
            card.show_button.clicked.connect(lambda _=False, one=answer: self.shown.emit(one))
            card.keep_button.setHidden(not self._may_keep)
            card.keep_button.clicked.connect(lambda _=False, one=answer: self.kept.emit(one))
            self._cards.addWidget(card)

    def mark(self, tried: ZoneOption | None) -> None:
        """Mark the answer that is on trial."""
        for answer in self._found:
            self.cards[answer.title].mark(answer is tried)


class _AnswerCard(OfferCard):
    """One answer."""

    def __init__(self, answer: ZoneOption) -> None:
        self.cost = make_muted_label(_cost_words(answer))
        self.cost.setToolTip(
            "Drive, largest deviation, sites that change zones, and the expected response."
        )
        self.show_button, self.keep_button = compact_button("Show"), compact_button("Save as plan")
        self.show_button.setAccessibleName(f"Show on the map: {answer.title}")
        self.show_button.setCheckable(True)
        self.keep_button.setAccessibleName(f"Save as plan: {answer.title}")
        buttons = make_row_layout(self.show_button, self.keep_button, None)
        super().__init__(make_section_label(answer.title), self.cost, buttons)

    def mark(self, on: bool) -> None:
        """Say whether this is what the map shows."""
        self.show_button.setChecked(on)
        self.show_button.setText("Hide" if on else "Show")


def _head_words(answers: ZoneOptions) -> str:
    """Say what things cost today, and where nothing is done."""
    today = answers.today
    words = (
        f"Today: {format_number(today.drive_min)} min of driving per day, largest deviation "
        f"{format_share(today.worst_deviation, signed=True)}, {_response(today)}."
    )
    if answers.cost_if_idle is not None:
        words += f" If nothing is done: {_response(answers.cost_if_idle)}."
    if not answers.found and answers.done:
        words += " No answer was found."
    return words


def _cost_words(answer: ZoneOption) -> str:
    """Say what an answer costs beside today."""
    more = format_difference(answer.more_min, 0, good=answer.more_min < 0)
    drive = f"{more} min of driving per day" if more != NO_VALUE else "The same drive as today"
    return (
        f"{drive}, largest deviation {format_share(answer.cost.worst_deviation, signed=True)}, "
        f"{_response(answer.cost)}. {format_count(answer.sites_changed, 'site')} with "
        f"{format_count(answer.students_changed, 'student')} change zones."
    )


def _response(cost: PlanCost) -> str:
    if cost.response_min is None:
        return "nobody to answer calls"
    response = f"help in {format_number(cost.response_min, 1)} min"
    if cost.within is None:
        return response
    return f"{response} ({format_share(cost.within, 0)} within {RESPONSE_TARGET_MIN:g} min)"


_MOST_ZONES = 200
_BAR_PX = 6
STALE_ANSWERS = "The plan has changed. Run the search again to get answers for it."


class WhatIfView(QWidget):
    """Asks, runs the search as a job, and keeps what a person chooses as a what-if."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job | None = None
        self._answers: ZoneOptions | None = None
        self._notice = ""
        self._fields()
        self.list = WhatIfAnswerList(may_keep=not desk.session.explain_denied_edit())
        self.trial: MapPreview[ZoneOption] = MapPreview(desk, self)
        apart_px = WIDE_MARGIN_PX - SPACING_PX
        make_column_layout(
            self,
            make_section_label("A unit off for a day"),
            _line("&Unit", self.unit),
            make_row_layout(self.on_day, (self.day, 1)),
            make_row_layout(self.off_button, None),
            apart_px,
            make_section_label("More or fewer zones"),
            _line("&Agency", self.agency),
            _line("&Zones", self.zones),
            make_row_layout(self.count_button, None),
            apart_px,
            self.bar,
            self.text,
            make_row_layout(self.cancel_button, None),
            self.list,
            margin_px=0,
        )
        self.list.shown.connect(self._show)
        self.list.kept.connect(self._keep)
        self.trial.changed.connect(self._turned)
        desk.bridge.changed.connect(self.refresh)
        desk.bridge.selection_changed.connect(self._follow_selection)
        self.list.show_answers(None)
        self._show_running(False)
        self.refresh()

    @property
    def busy(self) -> bool:
        """True while a search runs."""
        return self._job is not None

    def ask_unit_off(self) -> None:
        """Take the focus to the unit, that of the selected zone."""
        self._follow_selection()
        self.unit.setFocus()

    def refresh(self, _event: object = None) -> None:
        """Follow the plan on screen in what may be asked."""
        session = self._desk.session
        plan, project = session.plan, session.project
        unit, agency = self.unit.currentData(), self.agency.currentData()
        self.unit.clear()
        self.agency.clear()
        counts = count_zones(project, plan) if plan is not None else {}
        for zone in plan.zones if plan is not None else ():
            words = describe_unit(project, zone.unit)
            self.unit.addItem(make_swatch_icon(zone.color), f"{zone.id} · {words}", zone.id)
        for name, number in counts.items():
            known = project.agencies.get(name)
            self.agency.addItem(f"{known.short if known else name}, {number} now", name)
        self.unit.setCurrentIndex(max(0, self.unit.findData(unit)))
        self.agency.setCurrentIndex(max(0, self.agency.findData(agency)))
        self._able()
        self._tell_stale()

    def start_unit_off(self) -> None:
        """Look for answers while the chosen unit is off."""

        zone, day = self.unit.currentData(), self.day.day() if self.on_day.isChecked() else None
        self.trial.clear()
        reading = self._desk.session.state
        self._start(
            f"Answers while {zone} is off",
            lambda: search_unit_absence_options(reading, zone, on=day),
        )

    def start_count(self) -> None:
        """Look for zones with the chosen number of them."""

        agency, n = self.agency.currentData(), self.zones.value()
        self.trial.clear()
        reading = self._desk.session.state
        self._start(
            f"Searching for plans with {n} zones",
            lambda: search_zone_count_options(reading, agency, n),
        )

    def cancel(self) -> None:
        """Stop the search; what was found stays."""
        if self._job is not None:
            self._job.cancel()

    def _start(self, title: str, make: Callable[[], Iterator[ZoneOptions]]) -> None:
        if self._job is not None:
            return
        self._answers = None
        self.list.show_answers(None)
        self._show_running(True)
        self._say("Beginning…")
        self._job = self._desk.jobs.run_candidates(
            title,
            make,
            on_candidate=self._found,
            on_done=self._done,
            on_failed=self._failed,
            on_cancelled=self._cancelled,
        )

    def _found(self, answers: ZoneOptions) -> None:
        self._answers = answers
        self.bar.setRange(0, 100)
        self.bar.setValue(round(100 * answers.part))
        self.list.show_answers(answers)
        if self._job is not None and answers.task:
            self._say(f"{answers.task}…")
            self._desk.jobs.show_progress(self._job, answers.part, answers.task)

    def _done(self, _answers: ZoneOptions | None) -> None:
        self._show_running(False)
        self._say("")
        self._tell_stale()

    def _failed(self, error: Exception) -> None:
        self._show_running(False)
        self._say(error.message if isinstance(error, UserError) else "")
        self._desk.jobs.fail(error)

    def _cancelled(self) -> None:
        self._show_running(False)
        self._say(
            ("Canceled; the results found so far stay below.") if self._answers else "Canceled."
        )

    def _show(self, answer: ZoneOption) -> None:
        """Try an answer on in the plan that it is about, or take it off again."""
        if self.trial.shown is answer or self._answers is None:
            self.trial.clear()
            return
        session, start = self._desk.session, self._answers.start
        self.trial.clear()
        if session.plan_uid != start.uid and start.uid in session.state.saved_project.plans:
            session.show_plan(start.uid)
        uid = session.plan_uid or ""
        self.trial.show(answer, lambda project: overlay_zone_option(project, uid, answer))
        self.list.mark(self.trial.shown)

    def _turned(self, answer: ZoneOption | None) -> None:
        """Say over the map what it shows, and no longer than it does."""
        self.list.mark(answer)
        notices = self._desk.notices
        if answer is not None:
            self._notice = (
                f"Preview: {answer.title}. Nothing is saved; press Esc to end the preview."
            )
            keep = partial(self._keep, answer)
            offer = "" if self._desk.session.explain_denied_edit() else "Save as plan"
            notices.show_notice(self._notice, offer=offer, on_offer=keep, stays=True)
        elif notices.text.text() == self._notice:
            notices.hide()

    def _keep(self, answer: ZoneOption) -> None:
        """Keep an answer in a what-if, as one step."""
        self.trial.clear()
        answers, session = self._answers, self._desk.session
        if answers is None or not self._desk.attempt(
            lambda: save_zone_option(session, answers, answer)
        ):
            return
        self._answers, plan = None, session.plan
        self.list.show_answers(None)
        self._say("")
        self._desk.report_done(f"Saved as “{plan.name}”: {answer.title}." if plan else "Kept.")

    def _follow_selection(self, _selection: object = None) -> None:
        """Offer the unit of what is selected first."""
        chosen, plan = self._desk.bridge.selection, self._desk.session.plan
        zone = chosen.zone
        if zone is None and plan is not None and chosen.site is not None:
            zone = plan.assignment.get(chosen.site)
        at = self.unit.findData(zone) if zone is not None else -1
        if at >= 0 and self._job is None:
            self.unit.setCurrentIndex(at)

    def _follow_agency(self, _at: int = 0) -> None:
        session = self._desk.session
        counts = count_zones(session.project, session.plan) if session.plan is not None else {}
        now = counts.get(self.agency.currentData())
        if now is not None and self.zones.property("of") != (self.agency.currentData(), now):
            self.zones.setProperty("of", (self.agency.currentData(), now))
            self.zones.setValue(now + 1)

    def _tell_stale(self) -> None:
        answers, plans = self._answers, self._desk.session.state.saved_project.plans
        if answers is None or self._job is not None:
            return
        stale = plans.get(answers.start.uid) is not answers.start
        if stale or self.text.text() == STALE_ANSWERS:
            self._say(STALE_ANSWERS if stale else "")

    def _say(self, text: str) -> None:
        self.text.setText(text)
        self.text.setVisible(bool(text))

    def _able(self) -> None:
        some = self.unit.count() > 0 and self._job is None
        for part in (self.unit, self.on_day, self.agency, self.zones):
            part.setEnabled(some)
        self.day.setEnabled(some and self.on_day.isChecked())
        for button in (self.off_button, self.count_button):
            button.setEnabled(some)
        self._follow_agency()

    def _show_running(self, running: bool) -> None:
        if not running:
            self._job = None
        self.bar.setVisible(running)
        self.bar.setRange(0, 0)
        self.cancel_button.setVisible(running)
        for button in (self.off_button, self.count_button):
            button.setEnabled(not running and self.unit.count() > 0)
        self.list.setEnabled(True)

    def _fields(self) -> None:
        self.unit = make_choice_box({}, name="Unit to take off duty", least_letters=10)
        self.agency = make_choice_box({}, name="Agency", least_letters=10)
        self.agency.currentIndexChanged.connect(self._follow_agency)
        self.on_day = QCheckBox("On a &day")
        self.on_day.setToolTip("Include the day in the name of the saved plan.")
        self.day = DayField(self._desk.session.formats, self._desk.session.today)
        self.day.setAccessibleName("Day on which the unit is off")
        self.on_day.toggled.connect(self.day.setEnabled)
        self.zones = make_number_box(1, _MOST_ZONES)
        self.zones.setAccessibleName("Number of zones")
        self.off_button = push_button("Find answers", do=self.start_unit_off)
        self.count_button = push_button("Find zones", do=self.start_count)
        self.cancel_button = push_button("Cancel", do=self.cancel)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(_BAR_PX)
        self.bar.setAccessibleName("Searching")
        self.text = WrappedLabel()

    def hideEvent(self, event: QHideEvent) -> None:
        """What cannot be taken off is not left on."""
        if not event.spontaneous():
            self.trial.clear()
        super().hideEvent(event)


def _line(title: str, field: QWidget) -> QHBoxLayout:
    label = QLabel(title)
    label.setBuddy(field)
    return make_row_layout(label, (field, 1))
