"""Propose zones: the wish, the search that it starts, and what comes of it."""

from dataclasses import replace
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
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.plans.edits import add_plan, branch_plan, remove_plan_lock
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
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

_TITLE = "Proposing zones"
_PRICE_LIMIT_S = 10.0
_ABOUT = "The best plan becomes one step that you can undo; you can preview the others below."


class ProposalsView(QWidget):
    """Runs a search as a job; its best plan becomes one step of the history."""

    finished = Signal(object)

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job | None = None
        self._start: ProjectState | None = None
        self._draft: Plan | None = None
        self._best: ScoredPlan | None = None
        self._wish: SearchRequest | None = None
        self._quiet = False
        self._runs = 0
        self.form = ZoneSearchForm(desk)
        self.progress = SearchProgress()
        self.infeasible = InfeasibleBox(self.apply_fix)
        self.found = CandidateList(desk)
        self.alternatives = SiteAlternativesPanel(desk)
        self.most_balanced = MostBalancedSearch(desk, self.form, self.build_search_request)
        self.start_button = push_button("Propose zones", do=self.start)
        self.start_button.setDefault(True)
        self.best_button = push_button("Use the best so far", do=self.use_best)
        self.cancel_button = push_button("Cancel", do=self.cancel)
        self._buttons = (self.start_button, self.best_button, self.cancel_button)
        self.about = make_muted_label(_ABOUT)
        self.prices_link = make_link_button("What do the rules cost?", self.price_rules)
        self.prices_link.setToolTip(
            "Search for the best plan without each rule, and print the result on one page "
            "for the board."
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
            self.found,
            self.prices_link,
            self.counts_link,
            WIDE_MARGIN_PX - SPACING_PX,
            self.alternatives,
            margin_px=0,
        )
        desk.bridge.changed.connect(self._follow)
        self._follow()
        self._show_running(False)

    @property
    def busy(self) -> bool:
        """True while a search runs."""
        return self._job is not None

    def build_search_request(self) -> tuple[Project, Plan, SearchRequest]:
        """Return what a search would be given now; what cannot be asked is a UserError."""
        self.found.trial.clear()
        return self._desk.session.project, self._new_draft(), self.form.wish()

    def start(self, *, quiet: bool = False) -> None:
        """Start a search on the plan on screen, or on a new one where it is no draft.

        A ``quiet`` one was asked for by nobody: nobody is asked about it at leaving, and undo does
        not take back what it finds.
        """
        if self._job is not None:
            return
        session = self._desk.session
        try:
            project, plan, wish = self.build_search_request()
        except UserError as error:
            self._desk.notices.show_problem(error)
            return
        base, run = session.state.basis, self._runs + 1
        self._start, self._draft, self._best, self._runs = session.state, plan, None, run
        self._wish = wish
        self._quiet = quiet
        self.infeasible.hide()
        self.progress.begin()
        self._show_running(True)
        if not quiet:
            show_in_scroll_area(self.cancel_button, self.progress)
        self._job = self._desk.jobs.run_candidates(
            _TITLE,
            lambda: search_plan_candidates(project, plan, base, wish, run),
            on_candidate=self._better,
            on_done=self._done,
            on_failed=self._failed,
            on_cancelled=self._cancelled,
            leaving=self._leaving,
        )

    def price_rules(self) -> RulePricesDialog | None:
        """Search without each rule of the plan on screen, in a dialog of its own."""
        state, best, wish = self._desk.session.state, self._best, self._wish
        plan = state.plan
        if plan is None or state.problems or state.figures is None:
            self._desk.notices.show_problem(UserError("plan_breaks_rules"))
            return None
        if best is None or wish is None or best.plan.assignment != plan.assignment:
            found = propose_present_plan(state)
            wish = SearchRequest(plan.tolerance)
        else:
            found = replace(best.proposal, plan=plan)
        dialog = RulePricesDialog(
            self._desk, found, replace(wish, time_limit_s=_PRICE_LIMIT_S), self.window()
        )
        dialog.open()
        return dialog

    def compare_counts(self) -> ZoneCountsDialog:
        """Search with other numbers of zones than the form asks for, in a dialog of its own."""
        project, plan, wish = self.build_search_request()
        counts = {**count_zones(project, plan), **(wish.zones or {})}
        asked = replace(wish, zones=None, time_limit_s=_PRICE_LIMIT_S)
        dialog = ZoneCountsDialog(self._desk, plan, counts, asked, self.window())
        dialog.open()
        return dialog

    def cancel(self) -> None:
        """Stop the search; the plan stays as it was."""
        if self._job is not None:
            self._job.cancel()

    def use_best(self) -> None:
        """Stop here and keep the best plan found so far."""
        best, job = self._best, self._job
        if job is not None and best is not None:
            job.cancel()
            self._quiet = False
            self._keep(best)

    def _leaving(self) -> UnfinishedWork | None:
        """Say what it means to leave in the middle of a search."""
        if self._quiet:
            return None
        best, plans = self._best, self._desk.session.state.saved_project.plans
        shown = plans.get(best.plan.uid) if best is not None else None
        new = best is not None and (
            shown is None or dict(shown.assignment) != dict(best.plan.assignment)
        )
        if best is None or not new:
            return UnfinishedWork("No better plan has been found yet.")
        figures, proof = describe_candidate_figures(best), describe_candidate_proof(best)
        return UnfinishedWork(f"The best plan so far: {figures} {proof}", self._keep_for_good)

    def _keep_for_good(self) -> bool:
        """Keep the best plan found so far, in its draft or beside it; tell whether it is kept."""
        best, job, start, session = self._best, self._job, self._start, self._desk.session
        if best is None:
            return True
        if job is not None:
            job.cancel()
        self.found.trial.clear()
        before = start.saved_project.plans.get(best.plan.uid) if start is not None else None
        if session.state.saved_project.plans.get(best.plan.uid) is before:
            return self._apply(best)
        return self._keep_beside(best, self._free_name(best.plan.name))

    def apply_fix(self, offer: InfeasibilityFix) -> None:
        """Do what makes a plan possible, and propose again."""
        if offer.tolerance is not None:
            self.form.balance.put(offer.tolerance)
        for agency, n in offer.zones:
            self.form.numbers.fields[agency].setValue(n)
        if not offer.lift or self._desk.attempt(lambda: self._lift(offer)):
            self.start()

    def _new_draft(self) -> Plan:
        """Return the draft on screen, or a draft from the plan on screen, or an empty one."""
        session = self._desk.session
        plan = session.plan
        if plan is not None and plan.is_draft:
            return plan
        name = self._free_name(FIRST_PLAN)
        if plan is None:
            return build_empty_plan(session.project, name, new_uid(), session.clock())
        return branch_plan(plan, new_uid(), name, at=session.clock())

    def _free_name(self, name: str) -> str:
        plans = self._desk.session.state.saved_project.plans.values()
        return make_unique_name(name, {plan.name for plan in plans})

    def _better(self, candidate: ScoredPlan) -> None:
        self._best = candidate
        self.best_button.setEnabled(True)
        self.progress.show_candidate(candidate)
        self.found.add(candidate)
        if self._job is not None:
            shown = 1 - sqrt(min(1.0, max(0.0, candidate.proposal.gap)))
            self._desk.jobs.show_progress(self._job, shown, summarize_proof(candidate.proposal.gap))

    def _done(self, candidate: ScoredPlan | None) -> None:
        if candidate is None:
            self._failed(UserError("no_plan_found.in_time"))
        else:
            self._keep(candidate)

    def _keep(self, candidate: ScoredPlan) -> None:
        """Keep a plan where nobody changed the one that it started from, else offer it."""
        self._show_running(False)
        self.found.trial.clear()
        session, start, plan = self._desk.session, self._start, candidate.plan
        session.view_present()
        text = describe_candidate_proof(candidate)
        self.progress.say(text)
        before = start.saved_project.plans.get(plan.uid) if start is not None else None
        if session.state.saved_project.plans.get(plan.uid) is before:
            if self._apply(candidate):
                done = f"Zones proposed. {text}"
                if self._quiet:
                    self._desk.notices.show_notice(done, sign="done")
                else:
                    self._desk.report_done(done)
                    # figures of a first plan come above, and push what was found out of sight
                    QTimer.singleShot(0, self, self._show_what_was_found)
        else:
            name = self._free_name(plan.name)
            self._desk.notices.show_notice(
                f"The plan changed while zones were being proposed. {text}",
                offer=f"Save as “{name}”",
                on_offer=lambda: self._keep_beside(candidate, name),
                stays=True,
            )
        self.finished.emit(candidate)

    def _show_what_was_found(self) -> None:
        show_in_scroll_area(self.start_button, self.progress)

    def _apply(self, candidate: ScoredPlan) -> bool:
        session, label = self._desk.session, f"Propose zones for “{candidate.plan.name}”"
        kind = EditKind.AUTOMATIC if self._quiet else EditKind.EDIT
        return self._desk.attempt(
            lambda: session.apply(
                label, lambda project: save_candidate_plan(project, candidate), kind=kind
            )
        )

    def _keep_beside(self, candidate: ScoredPlan, name: str) -> bool:
        session = self._desk.session
        uid, at = new_uid(), session.clock()
        return self._desk.apply(
            f"Propose “{name}”",
            lambda project: save_candidate_as_draft(project, candidate, name, uid, at=at),
        )

    def _lift(self, offer: InfeasibilityFix) -> None:
        """Take locks off the draft, or off a copy where the plan on screen is no draft."""
        session, draft = self._desk.session, self._draft
        names = ", ".join(lock.key for lock in offer.lift)
        if draft is None:
            return

        def edit(project: Project) -> Project:
            after = project if draft.uid in project.plans else add_plan(project, draft)
            for lock in offer.lift:
                after = remove_plan_lock(after, draft.uid, lock.kind, lock.target)
            return after

        session.apply(f"Unlock {names} in “{draft.name}”", edit)

    def _failed(self, error: Exception) -> None:
        self._show_running(False)
        self.progress.clear()
        if not isinstance(error, UserError):
            self._desk.jobs.fail(error)
            return
        start, draft = self._start, self._draft
        offers: tuple[InfeasibilityFix, ...] = ()
        if start is not None and draft is not None:
            offers = suggest_infeasibility_fixes(error, start, draft, self.form.numbers.asked())
        self.infeasible.show_error(error, offers)
        self._desk.notices.show_notice(
            error.message,
            sign="problem",
            offer=offers[0].text if offers else "",
            on_offer=(lambda: self.apply_fix(offers[0])) if offers else None,
            stays=True,
        )
        self.finished.emit(None)

    def _cancelled(self) -> None:
        self.progress.say("Canceled; the plan was not changed.")
        self._show_running(False)

    def _follow(self, _event: object = None) -> None:
        """Follow the project in what may be asked, but not in the middle of a search."""
        if self._job is None:
            try:
                draft = self._new_draft()
            except UserError:
                draft = None
            self.form.refresh(draft)
            self.most_balanced.forget_where_changed()

    def _show_running(self, running: bool) -> None:
        if not running:
            self._job = None
            self.progress.end()
        focused = any(button.hasFocus() for button in self._buttons)
        self.best_button.setEnabled(False)
        shown = (self.best_button, self.cancel_button) if running else (self.start_button,)
        for button in shown:
            button.show()
        if focused:  # before the others go: else the next one in line would take it, and scroll
            shown[-1].setFocus()
        for button in self._buttons:
            button.setVisible(button in shown)
        self.found.await_plans(on=running)
        self.about.setVisible(not running and not self.found.found)
        for part in (self.prices_link, self.counts_link, self.form):
            part.setEnabled(not running)  # it stays: what comes of the search stands below it
