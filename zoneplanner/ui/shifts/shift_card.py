"""The card of the chosen shift: how it stands, what may be done, and who could cover it."""

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from pathlib import Path

from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from zoneplanner.app.roster.relief import (
    ReliefOption,
    ReliefOptions,
    apply_relief_option,
    describe_last_answers,
    record_relief_answer,
    search_relief_options,
)
from zoneplanner.app.roster.schedule import write_day_page
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import describe_shift, find_shift_violations
from zoneplanner.domain.roster.shift import Shift
from zoneplanner.domain.roster.staffing import list_covered_windows
from zoneplanner.ui.shifts.roster_actions import (
    RosterActions,
    get_roster_selection,
    notify_file_written,
)
from zoneplanner.ui.shifts.roster_forms import OverrideReasonForm
from zoneplanner.ui.shifts.shift_forms import ShiftForm, SplitShiftForm, SwapRequestForm
from zoneplanner.ui.shifts.week_board import describe_override
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_new_file
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LazyPanel,
    WrappedLabel,
    clear_layout,
    compact_button,
    make_column_layout,
    make_heading_label,
    make_muted_label,
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
    """Call out opens the shift and proposes relief: one click more takes an answer."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self.selection = desk, get_roster_selection(desk)
        self.roster_actions = RosterActions(desk, self.selection, self)
        self._job: Job | None = None
        self.covers: ReliefOptions | None = None
        self._shown = ""
        self._asked: tuple[object, ...] | None = None
        self.title = make_heading_label()
        self.who = make_section_label("")
        self.state = make_muted_label()
        self.problems = WrappedLabel()
        self.problems.setProperty("role", "problem")
        acts: dict[str, Callable[[], object]] = {
            "sick": self.mark_sick,
            "cover": self.find_cover,
            "swap": lambda: self._ask(SwapRequestForm),
            "change": self._change,
            "split": lambda: self._ask(SplitShiftForm),
            "lock": lambda: self.roster_actions.lock(self._shown),
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
        """Show the shift that is chosen."""
        session = self._desk.session
        project, formats = session.project, session.formats
        shift = project.shifts.get(self.selection.shift or "")
        asked = _list_what_orders(project, shift) if shift is not None else None
        if shift is None or self._shown != shift.uid or self._asked not in (None, asked):
            self._forget()
        for part in (self.title, self.who, self.state, *self.buttons.values()):
            part.setVisible(shift is not None)
        self.problems.hide()
        if shift is None:
            self._shown = ""
            self.state.setText(_CHOOSE)
            self.state.show()
            return
        self._shown = shift.uid
        officer = project.officers.get(shift.officer or "")
        self.title.setText(describe_shift(shift, project.time_zone, formats))
        self.who.setText(officer.name if officer else "Open: nobody is assigned")
        covered = list_covered_windows(project, shift)
        bells = f" Covers {', '.join(covered)} of its zone." if covered else ""
        self.state.setText(f"{_state_words(shift)}{bells}")
        found = [one for one in find_shift_violations(project, shift, formats) if one.is_unexcused]
        self.problems.setText("\n".join(f"{one.text} {one.remedy}" for one in found))
        self.problems.setVisible(bool(found))
        for name in ("sick", "swap"):
            self.buttons[name].setVisible(officer is not None and not shift.locked)
        self.buttons["cover"].setVisible(officer is None)
        for name in ("split", "change"):
            self.buttons[name].setVisible(not shift.locked)
        self.buttons["lock"].setText("Unlock" if shift.locked else "Lock")

    def mark_sick(self) -> None:
        """Put the officer down as sick and look at once for who covers the shift."""
        uid = self.selection.shift
        if uid is not None and self.roster_actions.call_out_officer(uid):
            self.find_cover()

    def find_cover(self) -> None:
        """Look for officers and zones that could take the shift."""
        uid = self.selection.shift
        if uid is None or self._job is not None:
            return
        session = self._desk.session
        self._forget()
        self._asked = _list_what_orders(session.project, session.project.shifts[uid])
        self.summary.setText("Looking…")
        self.summary.show()
        self.cancel_button.show()
        self._job = self._desk.jobs.run_candidates(
            "Who could cover",
            lambda: search_relief_options(session, uid),
            on_candidate=self._found,
            on_done=lambda _last: self._ended(),
            on_failed=self._failed,
            on_cancelled=self._ended,
        )

    def take(self, cover: ReliefOption) -> None:
        """Do what an answer says."""
        uid, session = self.selection.shift, self._desk.session
        if uid is None:
            return
        if self._job is not None:
            self._job.cancel()

        def attempt(reason: str) -> None:
            said = apply_relief_option(session, uid, cover, reason=reason)
            if cover.officer is not None and not session.explain_denied_log():
                record_relief_answer(session, uid, cover.officer, "accepted")
            self._forget()
            self._desk.notices.show_notice(
                said, sign="done", offer="Day card…", on_offer=self.ask_day_card, stays=True
            )

        if cover.needs_reason:
            OverrideReasonForm(
                ("Assign it even though it breaks a rule?"), cover.detail, attempt, self
            ).ask()
        else:
            self._desk.attempt(lambda: attempt(""))

    def ask_day_card(self) -> None:
        """Ask where, and write the page of the shift's day."""
        project = self._desk.session.project
        shift = project.shifts.get(self.selection.shift or "")
        if shift is None:
            return
        day = shift.day(project.time_zone)
        file = ask_new_file(self, "Day card", "PDF (*.pdf)", Path(f"day-{day}.pdf"))
        if file is not None:
            self._desk.attempt(lambda: self._write_day(file, shift))

    def _write_day(self, path: Path, shift: Shift) -> None:

        session = self._desk.session
        notify_file_written(
            self._desk, write_day_page(session, shift.day(session.project.time_zone), path)
        )

    def _found(self, found: ReliefOptions) -> None:
        if found.shift != self._shown or self._asked is None:
            return
        self.covers = found
        words = ["Looking…" if found.doing else ""]
        if found.idle_min is not None:
            words.append(f"If nothing is done: {found.idle_min:+.1f} min of expected response.")
        if not found.found and not found.doing:
            words.append("Nobody is free, and no other zone may take the sites.")
        self.summary.setText(" ".join(filter(None, [*words, *found.notes])))
        self._show_answers(found.found)
        if self._job is not None and found.doing:
            self._desk.jobs.show_progress(self._job, found.part, found.doing)

    def _show_answers(self, found: Sequence[ReliefOption]) -> None:
        """Add what is new; an answer that stands there stays, it may be under the mouse."""
        shown, same = self.cards, 0
        while same < min(len(shown), len(found)) and shown[same].shows(found[same]):
            same += 1
        for card in shown[same:]:
            self.list.removeWidget(card)
            card.hide()
            card.deleteLater()
        added: list[ReliefOptionCard] = []
        for cover in found[same:]:
            card = ReliefOptionCard(cover)
            card.button.clicked.connect(partial(self._take, card))
            for answer, button in card.answers.items():
                button.clicked.connect(partial(self._record_answer, card, answer))
                button.setVisible(not self._desk.session.explain_denied_log())
            self.list.addWidget(card)
            added.append(card)
        for card, cover in zip(shown, found[:same], strict=False):
            card.cover = cover
        self.cards = [*shown[:same], *added]

    def _take(self, card: "ReliefOptionCard", _checked: bool = False) -> None:
        self.take(card.cover)

    def _record_answer(self, card: "ReliefOptionCard", answer: str, _checked: bool = False) -> None:
        session, officer = self._desk.session, card.cover.officer
        if officer is None:
            return
        if self._desk.attempt(lambda: record_relief_answer(session, self._shown, officer, answer)):
            card.show_answer(describe_last_answers(session)[officer])

    def _ended(self) -> None:
        self._job = None
        self.cancel_button.hide()
        if self.summary.text() == "Looking…":
            self.summary.hide()

    def _failed(self, error: Exception) -> None:
        self._ended()
        self._desk.jobs.fail(error)

    def _forget(self) -> None:
        """Take down the answers of another shift."""
        if self._job is not None:
            self._job.cancel()
        self.covers = self._asked = None
        if any(card.isAncestorOf(_focus(self)) for card in self.cards):
            self.buttons["card"].setFocus()  # else Qt looks for a field, and scrolls there
        clear_layout(self.list)
        self.cards = []
        self.summary.hide()
        self.cancel_button.hide()

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _ask(self, form: type[SwapRequestForm | SplitShiftForm]) -> None:
        shift = self._desk.session.project.shifts.get(self._shown)
        if shift is not None:
            form(self._desk, shift, self).ask()

    def _change(self) -> None:
        shift = self._desk.session.project.shifts.get(self._shown)
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


def _list_what_orders(project: Project, shift: Shift) -> tuple[object, ...]:
    """Return what answers stand for: the shift, the agreement's order and the seniority dates."""
    return shift, project.roster_rules, project.officer_files


class ReliefOptionCard(QFrame):
    """One way to cover a shift, with what it costs."""

    def __init__(self, cover: ReliefOption) -> None:
        super().__init__()
        self.cover = cover
        self.setObjectName("answer")
        word = "Save as plan" if cover.answer is not None else "Assign"
        self.button = compact_button(f"{word}…" if cover.needs_reason else word, cover.title)
        self.answers = {
            answer: compact_button(text, f"Log that {cover.title.split(' takes')[0]} was called.")
            for answer, text in _ANSWER_TEXTS.items()
            if cover.officer is not None
        }
        self.asked = make_muted_label()
        self.contact = make_section_label(cover.contact or "No phone on file")
        make_column_layout(
            self,
            make_section_label(cover.title),
            self.contact,
            make_muted_label(f"{_cost_words(cover.more_min)} {cover.detail}"),
            self.asked,
            make_row_layout(self.button, *self.answers.values(), None, spacing_px=GRID_PX),
            margin_px=SPACING_PX,
            spacing_px=GRID_PX,
        )
        self.contact.setVisible(cover.officer is not None)  # in the card: alone it is a window
        self.show_answer(cover.asked)

    def show_answer(self, asked: str) -> None:
        """Show what the officer answered last."""
        self.asked.setText(f"Last call: {asked}." if asked else "")
        self.asked.setVisible(bool(asked))

    def shows(self, cover: ReliefOption) -> bool:
        """Tell whether the card reads as it would for a way to cover."""
        read = attrgetter("title", "detail", "more_min", "needs_reason", "asked")
        return bool(read(self.cover) == read(cover))


def _focus(inside: QWidget) -> QWidget:
    return QApplication.focusWidget() or inside


def _cost_words(more_min: float | None) -> str:
    if more_min is None:
        return "Nobody to answer calls."
    if round(more_min, 1) == 0:
        return "Expected response unchanged."
    return f"{'+' if more_min > 0 else ''}{format_number(more_min, 1)} min of expected response."


def _state_words(shift: Shift) -> str:
    words = [f"{shift.hours:.1f} h", shift.status.word]
    if shift.locked:
        words.append("locked")
    if shift.needs:
        words.append(f"needs {', '.join(shift.needs)}")
    reasons = [describe_override(one) for one in shift.overrides]
    return ". ".join([", ".join(words), *reasons]) + "."
