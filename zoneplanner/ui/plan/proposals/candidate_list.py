"""The table of candidates: one row for each plan that a search found."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
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
from zoneplanner.app.session.session import ProjectEdit
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
from zoneplanner.ui.widgets.tables.table_model import Column, SortFilterModel, TableModel
from zoneplanner.ui.widgets.tables.table_view import FittedTableView


def _format_gap(found: ScoredPlan) -> str:
    """Write a gap short: nothing where it is proven, a dash where it is not known yet."""
    gap = found.proposal.gap
    if gap >= value_text.TOLD_GAP:
        return value_text.NO_VALUE
    return "0%" if gap <= PROVEN_GAP else value_text.format_share(max(gap, 0.0005))


def _tip(found: ScoredPlan) -> str:
    counted = " Moved students count toward the gap." if found.plan.proof is None else ""
    like = f" Moves are counted from “{found.like}”." if found.like else ""
    return (
        f"Search {found.run}, tolerance ±{100 * found.plan.tolerance:g}%, found after "
        f"{found.proposal.seconds:.1f} s. {value_text.summarize_proof(found.proposal.gap)}"
        f"{counted}{like}{_describe_wishes(found)}"
    )


def _describe_wishes(found: ScoredPlan) -> str:
    figures = found.wish_figures
    return "" if figures is None else f" {describe_wish_figures(found.response_min, figures)}"


def _figure(
    title: str, value: Callable[[ScoredPlan], float], text: Callable[[ScoredPlan], str], tip: str
) -> Column:
    return Column(title, value, text, tip, figure=True, cell_tip=_tip)


_CANDIDATE_COLUMNS = (
    _figure("Drive", lambda one: one.drive_min, lambda one: format_number(one.drive_min),
            MEASURES["cost"].definition),
    _figure("Gap", lambda one: one.proposal.gap, _format_gap,
            "How much better, at most, a plan that follows all rules could be."),
    _figure("Help", lambda one: one.response_min or 0.0,
            lambda one: value_text.NO_VALUE if one.response_min is None
            else format_number(one.response_min, 1),
            "Average minutes until help arrives, by the response model."),
    _figure("Worst", lambda one: abs(one.worst_deviation),
            lambda one: value_text.format_share(one.worst_deviation, signed=True),
            MEASURES["worst_deviation"].definition),
    _figure("Moved", lambda one: one.students_moved,
            lambda one: format_number(one.students_moved),
            "Students at the sites that change zones."),
)  # fmt: skip

_ROWS, _PADDING_PX = 4, 17
"""So many rows high, however many plans were found: what is below stays where it is."""


class CandidateList(QWidget):
    """A row a plan that was found; a double click previews it. ``kept`` tells that one was kept."""

    kept = Signal()

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self._found: tuple[ScoredPlan, ...] = ()
        self.trial: MapPreview[ScoredPlan] = MapPreview(desk, self)
        self.table = TableModel(_CANDIDATE_COLUMNS, id, self)
        self.sorted = SortFilterModel(self.table, self)
        self.view = FittedTableView(
            "Candidates", desk.icons, most_rows=_ROWS, padding_px=_PADDING_PX
        )
        self.view.least_rows = _ROWS
        self.view.horizontalHeader().setMinimumSectionSize(16)
        self.view.horizontalHeader().setSortIndicatorShown(False)
        self.view.setObjectName("candidates")
        self.view.setModel(self.sorted)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.doubleClicked.connect(lambda _: self.try_on())
        self.view.opened.connect(lambda _: self.try_on())
        self.view.chosen.connect(lambda _: self._chosen())
        self.try_button = push_button("Preview")
        self.try_button.setCheckable(True)
        self.try_button.clicked.connect(self._toggle)
        self.new_button = push_button("Save as new plan", do=self.keep_as_new)
        self.replace_button = push_button("Replace this draft", do=self.replace)
        make_column_layout(
            self,
            make_row_layout(
                (make_section_label("Candidates"), 1), make_link_button("Clear", self.clear)
            ),
            self.view,
            make_row_layout(self.try_button, self.new_button, None),
            make_row_layout(self.replace_button, None),
            margin_px=0,
        )
        self.trial.changed.connect(self._turned)
        desk.bridge.changed.connect(self._able)
        self._notice, self._awaited = "", False
        self._show()

    @property
    def found(self) -> tuple[ScoredPlan, ...]:
        """All candidates, the latest last."""
        return self._found

    @property
    def chosen(self) -> ScoredPlan | None:
        """The candidate of the row that is selected."""
        index = self.view.currentIndex()
        return self.sorted.row_of(index) if index.isValid() else None

    def add(self, candidate: ScoredPlan) -> None:
        """Take a candidate in; the latest one is selected until a person selects another."""
        latest = self.chosen is None or self.chosen is self._found[-1]
        self._found = add_found_candidate(self._found, candidate)
        self._show()
        if latest and self.trial.shown is None:
            self.view.select_key(id(self._found[-1]))
        self._able()

    def await_plans(self, *, on: bool) -> None:
        """Keep the room of the list while a search goes on."""
        self._awaited = on
        self._show()

    def clear(self) -> None:
        """Throw all candidates away."""
        self.trial.clear()
        self._found = ()
        self._show()

    def try_on(self) -> None:
        """Show the selected candidate on the map."""
        chosen = self.chosen
        if chosen is not None:
            uid = self._desk.session.plan_uid
            self.trial.show(chosen, lambda project: preview_candidate(project, uid, chosen))

    def keep_as_new(self) -> None:
        """Keep the selected candidate as a draft of its own, as one step."""

        candidate, session = self.trial.shown or self.chosen, self._desk.session
        if candidate is None:
            return
        self.trial.clear()
        name = make_unique_name(FIRST_PLAN, {plan.name for plan in session.project.plans.values()})
        uid, at = new_uid(), session.clock()
        label = f"Save a candidate as “{name}”"
        self._keep(
            label, lambda project: save_candidate_as_draft(project, candidate, name, uid, at=at),
            f"The candidate was saved as “{name}”.",
        )  # fmt: skip

    def replace(self) -> None:
        """Give the draft on screen the zones of the selected candidate, as one step."""
        candidate, plan = self.trial.shown or self.chosen, self._desk.session.plan
        if candidate is None or plan is None:
            return
        self.trial.clear()
        self._keep(
            f"Replace “{plan.name}” with a candidate",
            lambda project: replace_draft_zones(project, plan.uid, candidate),
            f"“{plan.name}” now has the candidate’s zones.",
        )

    def _keep(self, label: str, edit: ProjectEdit, text: str) -> None:
        if self._desk.apply(label, edit, done=text):
            self.kept.emit()

    def _show(self) -> None:
        self.table.show(self._found)
        self.view.make_room()
        self.setVisible(bool(self._found) or self._awaited)
        self._able()

    def _chosen(self) -> None:
        """A trial follows the selection."""
        if self.trial.shown is not None and self.chosen is not self.trial.shown:
            self.try_on()
        self._able()

    def _toggle(self, on: bool) -> None:
        if on:
            self.try_on()
        else:
            self.trial.clear()
        self._able()

    def _turned(self, candidate: ScoredPlan | None) -> None:
        notices = self._desk.notices
        if candidate is not None:
            figures = describe_candidate_figures(candidate)
            self._notice = f"Preview: {figures} Nothing is saved; press Esc to end the preview."
            offer, keep = "Save as new plan", self.keep_as_new
            notices.show_notice(self._notice, offer=offer, on_offer=keep, stays=True)
        elif notices.text.text() == self._notice:
            notices.hide()
        self._able()

    def _able(self, _event: object = None) -> None:
        some, plan = self.chosen is not None, self._desk.session.plan
        on = self.trial.shown is not None
        self.try_button.setChecked(on)
        self.try_button.setText("End preview" if on else "Preview")
        for button in (self.try_button, self.new_button):
            button.setEnabled(some)
        self.replace_button.setEnabled(some and plan is not None and plan.is_draft)
        shut = plan is not None and not plan.is_draft
        self.replace_button.setToolTip(
            f"“{plan.name}” is not a draft; save a new plan." if plan and shut else ""
        )

    def hideEvent(self, event: QHideEvent) -> None:
        """What cannot be taken off is not left on."""
        if not event.spontaneous():
            self.trial.clear()
        super().hideEvent(event)
