"""The card of the selected shift: its state, its actions, and who could cover it."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import takewhile
from operator import attrgetter
from pathlib import Path

from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout

from zoneplanner.app.roster.relief import (
    ReliefOption,
    ReliefOptions,
    apply_relief_option,
    describe_last_answers,
    record_relief_answer,
    search_relief_options,
)
from zoneplanner.app.roster.schedule import write_day_page
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import describe_shift, find_shift_violations
from zoneplanner.domain.roster.shift import Shift
from zoneplanner.domain.roster.staffing import list_covered_windows
from zoneplanner.messages import Message, say_all
from zoneplanner.ui.shifts.roster_actions import RosterActions, notify_file_written
from zoneplanner.ui.shifts.roster_forms import OverrideReasonForm
from zoneplanner.ui.shifts.roster_selection import get_roster_selection
from zoneplanner.ui.shifts.shift_forms import ShiftForm, SplitShiftForm, SwapRequestForm
from zoneplanner.ui.shifts.week_board import describe_override, describe_violation
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_new_file
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LazyPanel,
    clear_layout,
    compact_button,
    make_column_layout,
    make_heading_label,
    make_hiding_note,
    make_muted_label,
    make_problem_label,
    make_row_layout,
    make_section_label,
)
from zoneplanner.ui.widgets.services.jobs import Job
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX
from zoneplanner.ui.widgets.style.value_text import format_number

_CHOOSE = "Choose a shift on the board to see who has it and what you can do."

_BUTTON_TEXTS = {
    "sick": ("Call out", "Mark the officer as out that day and look for relief."),
    "cover": ("Who could cover?", "Ranked by expected response time."),
    "swap": ("Swap…", "Ask another officer to take it."),
    "change": ("Change…", "Change the time, title or unit."),
    "split": ("Split…", "Split it into two shifts at the time you choose."),
    "lock": ("Lock", "Protect it from proposals and drags."),
    "card": ("Day card…", "Print the page of the day, with who is where now."),
}


_ANSWER_TEXTS = {"declined": "Declined", "no_answer": "No answer"}


class ShiftCard(LazyPanel):
    """Shows the selected shift; “Call out” opens it and ranks the options to cover it."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk, self.selection = desk, get_roster_selection(desk)
        self.roster_actions = RosterActions(desk, self.selection, self)
        self._job: Job | None = None
        self.covers: ReliefOptions | None = None
        self._shift_uid = ""
        self._search_inputs: tuple[object, ...] | None = None
        self.title = make_heading_label()
        self.who = make_section_label("")
        self.state = make_muted_label()
        self.problems = make_problem_label()
        acts: dict[str, Callable[[], object]] = {
            "sick": self.call_out,
            "cover": self.find_cover,
            "swap": lambda: self._open_form(SwapRequestForm),
            "change": self._change,
            "split": lambda: self._open_form(SplitShiftForm),
            "lock": lambda: self.roster_actions.toggle_lock(self._shift_uid),
            "card": self.ask_day_card,
        }
        self.buttons = {key: compact_button(*_BUTTON_TEXTS[key], do) for key, do in acts.items()}
        self.summary = make_muted_label()
        self.list = QVBoxLayout()
        self.list.setSpacing(SPACING_PX)
        self.cards: list[ReliefOptionCard] = []
        self.cancel_button = compact_button(
            "Cancel", "Stop searching and keep the answers found so far.", self._cancel
        )
        self._lay_out()
        self.refresh_on(self.selection.shift_changed, desk.bridge.changed)

    def refresh(self) -> None:
        """Show the selected shift; discard options that no longer apply."""
        session = self._desk.session
        project, formats = session.project, session.formats
        shift = project.shifts.get(self.selection.shift or "")
        inputs = _list_search_inputs(project, shift) if shift is not None else None
        is_outdated = self._search_inputs not in (None, inputs)
        if shift is None or self._shift_uid != shift.uid or is_outdated:
            self._discard_options()
        for part in (self.title, self.who, self.state, *self.buttons.values()):
            part.setVisible(shift is not None)
        self.problems.hide()
        self._shift_uid = shift.uid if shift is not None else ""
        if shift is None:
            self.state.setText(_CHOOSE)
            self.state.show()
            return
        officer = project.officers.get(shift.officer or "")
        self.title.setText(describe_shift(shift, project.time_zone).say(formats))
        self.who.setText(officer.name if officer else "Open: nobody is assigned")
        covered = list_covered_windows(project, shift)
        bells = f" Covers these bell windows of its zone: {', '.join(covered)}." if covered else ""
        self.state.setText(f"{_describe_state(shift)}{bells}")
        violations = find_shift_violations(project, shift)
        problems = [one for one in violations if one.is_unexcused]
        self.problems.setText("\n".join(describe_violation(one, formats) for one in problems))
        for name in ("sick", "swap"):
            self.buttons[name].setVisible(officer is not None and not shift.locked)
        self.buttons["cover"].setVisible(officer is None)
        for name in ("split", "change"):
            self.buttons[name].setVisible(not shift.locked)
        self.buttons["lock"].setText("Unlock" if shift.locked else "Lock")

    def call_out(self) -> None:
        """Record that the officer called out, and search at once for relief."""
        uid = self.selection.shift
        if uid is not None and self.roster_actions.call_out_officer(uid):
            self.find_cover()

    def find_cover(self) -> None:
        """Search for officers and zones that could take the shift."""
        uid = self.selection.shift
        if uid is None or self._job is not None:
            return
        session = self._desk.session
        self._discard_options()
        self._search_inputs = _list_search_inputs(session.project, session.project.shifts[uid])
        self.summary.setText("Looking…")
        self.summary.show()
        self.cancel_button.show()
        self._job = self._desk.jobs.run_candidates(
            "Who could cover",
            lambda: search_relief_options(session, uid),
            on_candidate=self._show_progress,
            on_done=lambda _last: self._finish_search(),
            on_failed=self._fail_search,
            on_cancelled=self._finish_search,
        )

    def apply_option(self, option: ReliefOption) -> None:
        """Carry out an option, asking for a reason if it breaks a rule."""
        uid, session = self.selection.shift, self._desk.session
        if uid is None:
            return
        self._cancel()

        def apply(reason: str) -> None:
            text = apply_relief_option(session, uid, option, reason=reason)
            if option.officer is not None and not session.explain_denied_log():
                record_relief_answer(session, uid, option.officer, "accepted")
            self._discard_options()
            self._desk.notices.show_notice(
                text, sign="done", offer="Day card…", on_offer=self.ask_day_card, stays=True
            )

        if option.needs_reason:
            title = "Assign it even though it breaks a rule?"
            problem = say_all(option.messages, session.formats)
            OverrideReasonForm(title, problem, apply, self).ask()
        else:
            self._desk.attempt(lambda: apply(""))

    def ask_day_card(self) -> None:
        """Ask for a file, and write the page of the shift's day."""
        project = self._desk.session.project
        shift = project.shifts.get(self.selection.shift or "")
        if shift is None:
            return
        day = shift.day(project.time_zone)
        file = ask_new_file(self, "Day card", "PDF (*.pdf)", Path(f"day-{day}.pdf"))
        if file is not None:
            session = self._desk.session
            self._desk.attempt(
                lambda: notify_file_written(self._desk, write_day_page(session, day, file))
            )

    def _show_progress(self, progress: ReliefOptions) -> None:
        if progress.shift != self._shift_uid or self._search_inputs is None:
            return
        self.covers = progress
        parts = ["Looking…" if progress.doing else ""]
        if progress.idle_min is not None:
            parts.append(f"If nothing is done: {progress.idle_min:+.1f} min of expected response.")
        if not progress.found and not progress.doing:
            parts.append("Nobody is free, and no other zone may take the sites.")
        parts.append(say_all(progress.notes, self._desk.session.formats))
        self.summary.setText(" ".join(filter(None, parts)))
        self._show_options(progress.found)
        if self._job is not None and progress.doing:
            self._desk.jobs.show_progress(self._job, progress.part, str(progress.doing))

    def _show_options(self, options: Sequence[ReliefOption]) -> None:
        """Show options, keeping the first cards if unchanged: one may be under the mouse."""
        pairs = zip(self.cards, options, strict=False)
        unchanged = [*takewhile(lambda pair: pair[0].shows(pair[1]), pairs)]
        for card in self.cards[len(unchanged) :]:
            self.list.removeWidget(card)
            card.hide()
            card.deleteLater()
        del self.cards[len(unchanged) :]
        for card, option in unchanged:
            card.option = option
        for option in options[len(unchanged) :]:
            card = ReliefOptionCard(option, self._desk.session.formats)
            card.button.clicked.connect(partial(self._apply_card, card))
            for answer, button in card.answers.items():
                button.clicked.connect(partial(self._record_answer, card, answer))
                button.setVisible(not self._desk.session.explain_denied_log())
            self.list.addWidget(card)
            self.cards.append(card)

    def _apply_card(self, card: "ReliefOptionCard", _checked: bool = False) -> None:
        self.apply_option(card.option)

    def _record_answer(self, card: "ReliefOptionCard", answer: str, _checked: bool = False) -> None:
        session, officer, uid = self._desk.session, card.option.officer, self._shift_uid
        if officer is None:
            return
        if self._desk.attempt(lambda: record_relief_answer(session, uid, officer, answer)):
            card.show_answer(describe_last_answers(session)[officer])

    def _finish_search(self) -> None:
        self._job = None
        self.cancel_button.hide()
        if self.summary.text() == "Looking…":
            self.summary.hide()

    def _fail_search(self, error: Exception) -> None:
        self._finish_search()
        self._desk.jobs.fail(error)

    def _discard_options(self) -> None:
        """Stop the search and remove its options."""
        self._cancel()
        self.covers = self._search_inputs = None
        focused = QApplication.focusWidget() or self
        if any(card.isAncestorOf(focused) for card in self.cards):
            self.buttons["card"].setFocus()  # or Qt focuses some field, and scrolls there
        clear_layout(self.list)
        self.cards = []
        self.summary.hide()
        self.cancel_button.hide()

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _open_form(self, form: type[SwapRequestForm | SplitShiftForm]) -> None:
        shift = self._desk.session.project.shifts.get(self._shift_uid)
        if shift is not None:
            form(self._desk, shift, self).ask()

    def _change(self) -> None:
        shift = self._desk.session.project.shifts.get(self._shift_uid)
        if shift is not None:
            ShiftForm(self._desk, self.selection.monday, self, shift).ask()

    def _lay_out(self) -> None:
        lines = [
            make_row_layout(*(self.buttons[name] for name in names), None, spacing_px=GRID_PX)
            for names in (("sick", "cover", "swap", "change"), ("split", "lock", "card"))
        ]
        head = (self.title, self.who, self.state, self.problems)
        below = (GRID_PX, self.list, self.summary, make_row_layout(self.cancel_button, None))
        make_column_layout(self, *head, GRID_PX, *lines, *below, spacing_px=GRID_PX)
        self.summary.hide()
        self.cancel_button.hide()


def _list_search_inputs(project: Project, shift: Shift) -> tuple[object, ...]:
    """Return what the options depend on: the shift, the roster rules and seniority dates."""
    return shift, project.roster_rules, project.officer_files


class ReliefOptionCard(QFrame):
    """One option to cover a shift, with its effect on the expected response."""

    def __init__(self, option: ReliefOption, formats: LocaleFormats) -> None:
        super().__init__()
        self.option, self._formats = option, formats
        title, detail = option.title.say(formats), say_all(option.messages, formats)
        self.setObjectName("answer")
        text = "Save as plan" if option.answer is not None else "Assign"
        self.button = compact_button(f"{text}…" if option.needs_reason else text, title)
        self.answers = {
            answer: compact_button(text, f"Log that {option.title.facts['name']} was called.")
            for answer, text in _ANSWER_TEXTS.items()
            if option.officer is not None
        }
        self.last_answer = make_hiding_note()
        self.contact = make_section_label(option.contact or "No phone on file")
        make_column_layout(
            self,
            make_section_label(title),
            self.contact,
            make_muted_label(f"{_describe_effect(option.more_min)} {detail}"),
            self.last_answer,
            make_row_layout(self.button, *self.answers.values(), None, spacing_px=GRID_PX),
            margin_px=SPACING_PX,
            spacing_px=GRID_PX,
        )
        # only now: a widget without a parent would be shown as a window
        self.contact.setVisible(option.officer is not None)
        self.show_answer(option.last_answer)

    def show_answer(self, answer: Message | None) -> None:
        """Show the officer's last answer."""
        self.last_answer.setText(f"Last call: {answer.say(self._formats)}." if answer else "")

    def shows(self, option: ReliefOption) -> bool:
        """Whether an option would look the same on this card."""
        read = attrgetter("title", "messages", "more_min", "needs_reason", "last_answer")
        return bool(read(self.option) == read(option))


def _describe_effect(more_min: float | None) -> str:
    if more_min is None:
        return "Nobody to answer calls."
    if round(more_min, 1) == 0:
        return "Expected response unchanged."
    return f"{'+' if more_min > 0 else ''}{format_number(more_min, 1)} min of expected response."


def _describe_state(shift: Shift) -> str:
    parts = [f"{shift.hours:.1f} h", shift.status.word]
    if shift.locked:
        parts.append("locked")
    if shift.needs:
        parts.append(f"needs {', '.join(shift.needs)}")
    return ". ".join([", ".join(parts), *map(describe_override, shift.overrides)]) + "."
