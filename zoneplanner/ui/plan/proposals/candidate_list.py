"""The table of candidates, the plans that searches found."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QWidget

from zoneplanner.analysis.districting.problem import PROVEN_GAP
from zoneplanner.analysis.measures.plan_measures import MEASURES
from zoneplanner.app.plans.candidates import (
    ScoredPlan,
    add_found_candidate,
    describe_wish_figures,
    preview_candidate,
    replace_draft_zones,
    save_candidate_as_draft,
)
from zoneplanner.app.plans.zone_proposals import FIRST_PLAN, make_unique_name
from zoneplanner.app.session.identity import new_uid
from zoneplanner.ui.plan.proposals.search_progress import describe_candidate_figures
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_column_layout,
    make_link_button,
    make_row_layout,
    make_section_label,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import MapPreview, UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.style.value_text import format_number
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_view import FittedTableView


def _format_gap(candidate: ScoredPlan) -> str:
    """Format a gap briefly: 0% if the plan is proven optimal, a dash if the gap is not known."""
    gap = candidate.proposal.gap
    if gap >= value_text.UNKNOWN_GAP:
        return value_text.NO_VALUE
    return "0%" if gap <= PROVEN_GAP else value_text.format_share(max(gap, 0.0005))


def _make_tip(candidate: ScoredPlan) -> str:
    proposal = candidate.proposal
    sentences = [
        f"Search {candidate.run}, tolerance ±{100 * candidate.plan.tolerance:g}%, found after "
        f"{proposal.seconds:.1f} s.",
        value_text.summarize_proof(proposal.gap),
    ]
    if candidate.plan.proof is None:
        sentences.append("The gap includes the cost of moving students.")
    if candidate.like:
        sentences.append(f"Moves are counted from “{candidate.like}”.")
    if candidate.wish_figures is not None:
        sentences.append(describe_wish_figures(candidate.response_min, candidate.wish_figures))
    return " ".join(sentences)


def _make_column(
    title: str, value: Callable[[ScoredPlan], float], text: Callable[[ScoredPlan], str], tip: str
) -> Column:
    return Column(title, value, text, tip, figure=True, cell_tip=_make_tip)


_CANDIDATE_COLUMNS = (
    _make_column("Drive", lambda plan: plan.drive_min, lambda plan: format_number(plan.drive_min),
            MEASURES["cost"].definition),
    _make_column("Gap", lambda plan: plan.proposal.gap, _format_gap,
            "How much better, at most, a plan that follows all rules could be."),
    _make_column("Help", lambda plan: plan.response_min or 0.0,
            lambda plan: value_text.NO_VALUE if plan.response_min is None
            else format_number(plan.response_min, 1),
            "Average minutes until help arrives, by the response model."),
    _make_column("Worst", lambda plan: abs(plan.worst_deviation),
            lambda plan: value_text.format_share(plan.worst_deviation, signed=True),
            MEASURES["worst_deviation"].definition),
    _make_column("Moved", lambda plan: plan.students_moved,
            lambda plan: format_number(plan.students_moved),
            "Students at the sites that change zones."),
)  # fmt: skip

_ROWS, _PADDING_PX = 4, 13
"""The table always has this many rows' height, so that what is below does not move."""


class CandidateList(QWidget):
    """One row per candidate, which a double click previews and the buttons save."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self.candidates: tuple[ScoredPlan, ...] = ()
        self.preview: MapPreview[ScoredPlan] = MapPreview(desk, self)
        self.view = FittedTableView(
            "Candidates", desk.icons, most_rows=_ROWS, padding_px=_PADDING_PX, spreads=True
        )
        self.view.least_rows = _ROWS
        self.view.horizontalHeader().setMinimumSectionSize(16)
        self.view.horizontalHeader().setSortIndicatorShown(False)
        self.view.setObjectName("candidates")
        self.view.show_columns(_CANDIDATE_COLUMNS, id)
        self.table = self.view.table
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.doubleClicked.connect(lambda _: self.show_preview())
        self.view.opened.connect(lambda _: self.show_preview())
        self.view.chosen.connect(lambda _: self._follow_selection())
        self.preview_button = push_button("Preview")
        self.preview_button.setCheckable(True)
        self.preview_button.clicked.connect(self._toggle_preview)
        self.new_button = push_button("Save as new plan", do=self.save_as_new)
        self.replace_button = push_button("Replace this draft", do=self.replace)
        make_column_layout(
            self,
            make_row_layout(
                (make_section_label("Candidates"), 1), make_link_button("Clear", self.clear)
            ),
            self.view,
            make_row_layout(self.preview_button, self.new_button, None),
            make_row_layout(self.replace_button, None),
            margin_px=0,
        )
        self.preview.changed.connect(self._show_notice)
        desk.bridge.changed.connect(self._update_buttons)
        self._reserves_room = False
        self._show_candidates()

    @property
    def selected(self) -> ScoredPlan | None:
        """The candidate of the selected row."""
        return self.view.current_row()

    def add(self, candidate: ScoredPlan) -> None:
        """Add a candidate; the latest plan is selected until a person selects another."""
        follows = self.selected is None or self.selected is self.candidates[-1]
        self.candidates = add_found_candidate(self.candidates, candidate)
        self._show_candidates()
        if follows and self.preview.shown is None:
            self.view.select_key(id(self.candidates[-1]))
        self._update_buttons()

    def reserve_room(self, *, reserve: bool) -> None:
        """Show the list even while it is empty, as during a search."""
        self._reserves_room = reserve
        self._show_candidates()

    def clear(self) -> None:
        """Discard all candidates."""
        self.preview.clear()
        self.candidates = ()
        self._show_candidates()

    def show_preview(self) -> None:
        """Show the selected candidate on the map."""
        candidate = self.selected
        if candidate is not None:
            uid = self._desk.session.plan_uid
            self.preview.show(candidate, lambda project: preview_candidate(project, uid, candidate))

    def save_as_new(self) -> None:
        """Save the previewed or selected candidate as a new draft, as plan step."""
        candidate, session = self.preview.shown or self.selected, self._desk.session
        if candidate is None:
            return
        self.preview.clear()
        name = make_unique_name(FIRST_PLAN, {plan.name for plan in session.project.plans.values()})
        uid, at = new_uid(), session.clock()
        self._desk.apply(
            f"Save a candidate as “{name}”",
            lambda project: save_candidate_as_draft(project, candidate, name, uid, at=at),
            done=f"The candidate was saved as “{name}”.",
        )

    def replace(self) -> None:
        """Replace the zones of the draft on screen with a candidate's, as plan step."""
        candidate, plan = self.preview.shown or self.selected, self._desk.session.plan
        if candidate is None or plan is None:
            return
        self.preview.clear()
        self._desk.apply(
            f"Replace “{plan.name}” with a candidate",
            lambda project: replace_draft_zones(project, plan.uid, candidate),
            done=f"“{plan.name}” now has the candidate’s zones.",
        )

    def _show_candidates(self) -> None:
        self.table.show(self.candidates)
        self.view.make_room()
        self.setVisible(bool(self.candidates) or self._reserves_room)
        self._update_buttons()

    def _follow_selection(self) -> None:
        """Preview the selected candidate if another plan is being previewed."""
        if self.preview.shown is not None and self.selected is not self.preview.shown:
            self.show_preview()
        self._update_buttons()

    def _toggle_preview(self, is_checked: bool) -> None:
        if is_checked:
            self.show_preview()
        else:
            self.preview.clear()
        self._update_buttons()

    def _show_notice(self, candidate: ScoredPlan | None) -> None:
        notices = self._desk.notices
        if candidate is not None:
            figures = describe_candidate_figures(candidate)
            text = f"Preview: {figures} Nothing is saved; press Esc to end the preview."
            offer, save = "Save as new plan", self.save_as_new
            notices.show_notice(text, offer=offer, on_offer=save, stays=True, of=self)
        else:
            notices.hide_notice(self)
        self._update_buttons()

    def _update_buttons(self, _event: object = None) -> None:
        is_selected, plan = self.selected is not None, self._desk.session.plan
        is_previewed = self.preview.shown is not None
        self.preview_button.setChecked(is_previewed)
        self.preview_button.setText("End preview" if is_previewed else "Preview")
        for button in (self.preview_button, self.new_button):
            button.setEnabled(is_selected)
        self.replace_button.setEnabled(is_selected and plan is not None and plan.is_draft)
        is_locked = plan is not None and not plan.is_draft
        self.replace_button.setToolTip(
            f"“{plan.name}” is not a draft; save a new plan." if plan and is_locked else ""
        )

    def hideEvent(self, event: QHideEvent) -> None:
        """End the preview, because the buttons that end it are hidden."""
        if not event.spontaneous():
            self.preview.clear()
        super().hideEvent(event)
