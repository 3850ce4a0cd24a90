"""The content of Propose Zones: the form, the search that it starts, and the candidates."""

from dataclasses import replace
from functools import partial
from math import sqrt

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from zoneplanner.app.plans.candidates import (
    ScoredPlan,
    save_candidate_as_draft,
    save_candidate_plan,
    search_plan_candidates,
)
from zoneplanner.app.plans.rule_prices import propose_present_plan
from zoneplanner.app.plans.zone_counts import count_zones
from zoneplanner.app.plans.zone_proposals import (
    FIRST_PLAN,
    SearchRequest,
    build_empty_plan,
    make_unique_name,
)
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.plans.edits import add_plan, branch_plan, remove_plan_lock
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.ui.plan.proposals.candidate_list import CandidateList
from zoneplanner.ui.plan.proposals.search_dialogs import RulePricesDialog, ZoneCountsDialog
from zoneplanner.ui.plan.proposals.search_form import MostBalancedSearch, ZoneSearchForm
from zoneplanner.ui.plan.proposals.search_progress import (
    InfeasibilityFix,
    InfeasibleBox,
    SearchProgress,
    describe_candidate_figures,
    describe_candidate_proof,
    suggest_infeasibility_fixes,
)
from zoneplanner.ui.plan.proposals.site_alternatives import SiteAlternativesPanel
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_column_layout,
    make_link_button,
    make_muted_label,
    make_row_layout,
    push_button,
    show_in_scroll_area,
)
from zoneplanner.ui.widgets.services.jobs import Job, UnfinishedWork
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX, WIDE_MARGIN_PX
from zoneplanner.ui.widgets.style.value_text import summarize_proof

_DIALOG_LIMIT_S = 10.0


class ProposalsView(QWidget):
    """Runs a search in a background job; its best plan becomes one step of the history."""

    finished = Signal(object)

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job | None = None
        self._start_state: ProjectState | None = None
        self._draft: Plan | None = None
        self._best: ScoredPlan | None = None
        self._request: SearchRequest | None = None
        self._is_quiet = False
        self._run_count = 0
        self.form = ZoneSearchForm(desk)
        self.progress = SearchProgress()
        self.infeasible = InfeasibleBox(self.apply_fix)
        self.candidate_list = CandidateList(desk)
        self.alternatives = SiteAlternativesPanel(desk)
        self.most_balanced = MostBalancedSearch(desk, self.form, self.build_search_request)
        self.start_button = push_button("Propose zones", do=self.start)
        self.start_button.setDefault(True)
        self.best_button = push_button("Use the best plan so far", do=self.use_best)
        self.cancel_button = push_button("Cancel", do=self.cancel)
        self._buttons = (self.start_button, self.best_button, self.cancel_button)
        self.about = make_muted_label(
            "The best plan becomes one step that you can undo; you can preview the others below."
        )
        self.prices_link = make_link_button("What do the rules cost?", self.price_rules)
        self.prices_link.setToolTip(
            "Search for the best plan with each rule left out in turn, and print the results "
            "on one page for the board."
        )
        self.counts_link = make_link_button("Compare numbers of zones", self.compare_counts)
        self.counts_link.setToolTip("Search for the best plan with fewer and with more zones.")
        make_column_layout(
            self,
            self.form,
            make_row_layout(*self._buttons, None),
            self.about,
            self.progress,
            self.infeasible,
            self.candidate_list,
            self.prices_link,
            self.counts_link,
            WIDE_MARGIN_PX - SPACING_PX,
            self.alternatives,
            margin_px=0,
        )
        desk.bridge.changed.connect(self._refresh_form)
        self._refresh_form()
        self._show_running(False)

    @property
    def busy(self) -> bool:
        """Whether a search is running."""
        return self._job is not None

    def build_search_request(self) -> tuple[Project, Plan, SearchRequest]:
        """Return the project, the draft and the request of a search that would start now.

        Raises
        ------
        UserError
            The plan on screen cannot be searched.
        """
        self.candidate_list.preview.clear()
        return self._desk.session.project, self._make_draft(), self.form.read_request()

    def start(self, *, quiet: bool = False) -> None:
        """Start a search on the draft on screen, or on a new draft if there is none.

        The program itself starts a ``quiet`` search: quitting does not ask about it, and undo does
        not remove its result.
        """
        if self._job is not None:
            return
        session = self._desk.session
        try:
            project, plan, request = self.build_search_request()
        except UserError as error:
            self._desk.notices.show_problem(error)
            return
        basis, run = session.state.basis, self._run_count + 1
        self._start_state, self._draft, self._best, self._run_count = session.state, plan, None, run
        self._request, self._is_quiet = request, quiet
        self.infeasible.hide()
        self.progress.begin()
        self._show_running(True)
        if not quiet:
            show_in_scroll_area(self.cancel_button, self.progress)
        self._job = self._desk.jobs.run_candidates(
            "Proposing zones",
            lambda: search_plan_candidates(project, plan, basis, request, run),
            on_candidate=self._show_better,
            on_done=self._finish,
            on_failed=self._fail,
            on_cancelled=self._end_canceled,
            leaving=self._describe_unfinished,
        )

    def price_rules(self) -> RulePricesDialog | None:
        """Search without each rule of the plan on screen, in a dialog."""
        state, best, request = self._desk.session.state, self._best, self._request
        plan = state.plan
        if plan is None or state.problems or state.figures is None:
            self._desk.notices.show_problem(UserError("plan_breaks_rules"))
            return None
        if best is None or request is None or best.plan.assignment != plan.assignment:
            proposal, request = propose_present_plan(state), SearchRequest(plan.tolerance)
        else:
            proposal = replace(best.proposal, plan=plan)
        request = replace(request, time_limit_s=_DIALOG_LIMIT_S)
        dialog = RulePricesDialog(self._desk, proposal, request, self.window())
        dialog.open()
        return dialog

    def compare_counts(self) -> ZoneCountsDialog:
        """Search with other numbers of zones than the form's, in a dialog."""
        project, plan, request = self.build_search_request()
        counts = {**count_zones(project, plan), **(request.zones or {})}
        request = replace(request, zones=None, time_limit_s=_DIALOG_LIMIT_S)
        dialog = ZoneCountsDialog(self._desk, plan, counts, request, self.window())
        dialog.open()
        return dialog

    def cancel(self) -> None:
        """Cancel the search; the plan stays as it was."""
        if self._job is not None:
            self._job.cancel()

    def use_best(self) -> None:
        """Stop the search and apply the best plan so far."""
        best, job = self._best, self._job
        if job is not None and best is not None:
            job.cancel()
            self._is_quiet = False
            self._apply_or_offer(best)

    def _describe_unfinished(self) -> UnfinishedWork | None:
        """Describe what would be lost by leaving now, and how to save it."""
        if self._is_quiet:
            return None
        best = self._best
        if best is not None:
            saved = self._desk.session.saved_project.plans.get(best.plan.uid)
            if saved is None or dict(saved.assignment) != dict(best.plan.assignment):
                figures, proof = describe_candidate_figures(best), describe_candidate_proof(best)
                text = f"The best plan so far: {figures} {proof}"
                return UnfinishedWork(text, partial(self._save_best, best))
        return UnfinishedWork("No better plan has been found yet.")

    def _save_best(self, best: ScoredPlan) -> bool:
        """Save a plan in its draft, or in a new draft if that has changed; return the success."""
        if self._job is not None:
            self._job.cancel()
        self.candidate_list.preview.clear()
        if self._is_unchanged(best.plan):
            return self._apply(best)
        return self._save_as_draft(best, self._make_unique_name(best.plan.name))

    def _is_unchanged(self, plan: Plan) -> bool:
        """Whether nobody changed a plan since the search started."""
        start = self._start_state
        before = start.saved_project.plans.get(plan.uid) if start is not None else None
        return self._desk.session.saved_project.plans.get(plan.uid) is before

    def apply_fix(self, fix: InfeasibilityFix) -> None:
        """Apply a fix that makes the search feasible, and search again."""
        if fix.tolerance is not None:
            self.form.balance.put(fix.tolerance)
        for agency, count in fix.zones:
            self.form.numbers.fields[agency].setValue(count)
        if not fix.unlock or self._desk.attempt(lambda: self._unlock(fix)):
            self.start()

    def _make_draft(self) -> Plan:
        """Return the draft on screen, or a new draft of the plan on screen, or an empty one."""
        session = self._desk.session
        plan = session.plan
        if plan is not None and plan.is_draft:
            return plan
        name = self._make_unique_name(FIRST_PLAN)
        if plan is None:
            return build_empty_plan(session.project, name, new_uid(), session.clock())
        return branch_plan(plan, new_uid(), name, at=session.clock())

    def _make_unique_name(self, name: str) -> str:
        plans = self._desk.session.saved_project.plans.values()
        return make_unique_name(name, {plan.name for plan in plans})

    def _show_better(self, candidate: ScoredPlan) -> None:
        self._best = candidate
        self.best_button.setEnabled(True)
        self.progress.show_candidate(candidate)
        self.candidate_list.add(candidate)
        if self._job is not None:
            gap = candidate.proposal.gap
            fraction = 1 - sqrt(min(1.0, max(0.0, gap)))
            self._desk.jobs.show_progress(self._job, fraction, summarize_proof(gap))

    def _finish(self, candidate: ScoredPlan | None) -> None:
        if candidate is None:
            self._fail(UserError("no_plan_found.in_time"))
        else:
            self._apply_or_offer(candidate)

    def _apply_or_offer(self, candidate: ScoredPlan) -> None:
        """Apply a candidate, or offer to save it if the plan has changed meanwhile."""
        self._show_running(False)
        self.candidate_list.preview.clear()
        self._desk.session.view_present()
        text = describe_candidate_proof(candidate)
        self.progress.text.setText(text)
        if self._is_unchanged(candidate.plan):
            if self._apply(candidate):
                done = f"Zones proposed. {text}"
                if self._is_quiet:
                    self._desk.notices.show_notice(done, sign="done")
                else:
                    self._desk.report_done(done)
                    # the figures of a first plan appear above and push the progress out of sight
                    parts = (self.start_button, self.progress)
                    QTimer.singleShot(0, self, lambda: show_in_scroll_area(*parts))
        else:
            name = self._make_unique_name(candidate.plan.name)
            self._desk.notices.show_notice(
                Message("plan_changed_in_search", result=text),
                offer=f"Save as “{name}”",
                on_offer=lambda: self._save_as_draft(candidate, name),
                stays=True,
            )
        self.finished.emit(candidate)

    def _apply(self, candidate: ScoredPlan) -> bool:
        session, label = self._desk.session, f"Propose zones for “{candidate.plan.name}”"
        kind = EditKind.AUTOMATIC if self._is_quiet else EditKind.EDIT
        return self._desk.attempt(
            lambda: session.apply(
                label, lambda project: save_candidate_plan(project, candidate), kind=kind
            )
        )

    def _save_as_draft(self, candidate: ScoredPlan, name: str) -> bool:
        session = self._desk.session
        uid, at = new_uid(), session.clock()
        return self._desk.apply(
            f"Propose “{name}”",
            lambda project: save_candidate_as_draft(project, candidate, name, uid, at=at),
        )

    def _unlock(self, fix: InfeasibilityFix) -> None:
        """Remove locks from the draft of the search, which is added first if it is new."""
        draft = self._draft
        if draft is None:
            return

        def edit(project: Project) -> Project:
            if draft.uid not in project.plans:
                project = add_plan(project, draft)
            for lock in fix.unlock:
                project = remove_plan_lock(project, draft.uid, lock.kind, lock.target)
            return project

        names = ", ".join(lock.key for lock in fix.unlock)
        self._desk.session.apply(f"Unlock {names} in “{draft.name}”", edit)

    def _fail(self, error: Exception) -> None:
        self._show_running(False)
        self.progress.clear()
        if not isinstance(error, UserError):
            self._desk.jobs.fail(error)
            return
        start, draft = self._start_state, self._draft
        fixes: tuple[InfeasibilityFix, ...] = ()
        if start is not None and draft is not None:
            counts = self.form.numbers.read_changes()
            fixes = suggest_infeasibility_fixes(error, start, draft, counts)
        self.infeasible.show_error(error, fixes)
        self._desk.notices.show_notice(
            error.message,
            sign="problem",
            offer=fixes[0].text if fixes else "",
            on_offer=(lambda: self.apply_fix(fixes[0])) if fixes else None,
            stays=True,
        )
        self.finished.emit(None)

    def _end_canceled(self) -> None:
        self.progress.text.setText("Canceled; the plan was not changed.")
        self._show_running(False)

    def _refresh_form(self, _event: object = None) -> None:
        """Update the form to the project, except during a search."""
        if self._job is None:
            try:
                draft = self._make_draft()
            except UserError:
                draft = None
            self.form.refresh(draft)
            self.most_balanced.forget_if_changed()

    def _show_running(self, running: bool) -> None:
        if not running:
            self._job = None
            self.progress.bar.hide()
        focused = any(button.hasFocus() for button in self._buttons)
        self.best_button.setEnabled(False)
        shown = (self.best_button, self.cancel_button) if running else (self.start_button,)
        for button in shown:
            button.show()
        if focused:  # before the others are hidden, or focus would move on and scroll the panel
            shown[-1].setFocus()
        for button in self._buttons:
            button.setVisible(button in shown)
        self.candidate_list.reserve_room(reserve=running)
        self.about.setVisible(not running and not self.candidate_list.candidates)
        for part in (self.prices_link, self.counts_link, self.form):
            part.setEnabled(not running)  # not hidden, or the progress below would move
