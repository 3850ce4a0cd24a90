"""The table of checks, grouped by rule: broken rules first, then things to know."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QStyle, QStyleOptionButton, QStyleOptionViewItem, QWidget

from zoneplanner.app.coverage.demand import list_notes
from zoneplanner.app.log.duplicate_records import (
    CALLS_NOBODY_MADE,
    CALLS_TWICE,
    convert_calls_to_visits,
    void_duplicates,
)
from zoneplanner.app.plans.plan_fixes import (
    FixResult,
    PlanFix,
    find_closer_proposal,
    find_fix,
    fix_all_problems,
    is_fixable,
)
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LazyPanel,
    compact_button,
    escape_tooltip,
    make_column_layout,
    make_muted_label,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, make_strong_font
from zoneplanner.ui.widgets.tables.table_model import TABLE_CELL_ROLE, Column
from zoneplanner.ui.widgets.tables.table_view import CellDelegate, TableView

_CHECK_TITLES = {
    CALLS_NOBODY_MADE: "Calls that look self-initiated",
    CALLS_TWICE: "Calls that look like duplicates",
    "no_agency": "No unit may serve the site",
    "ineligible_unit": "Ineligible unit",
    "unassigned": "No zone",
    "wrong_jurisdiction": "Wrong jurisdiction",
    "lock_not_kept": "Lock not kept",
    "in_pieces": "In pieces",
    "over_tolerance": "Over tolerance",
    "empty_zone": "Empty zone",
    "dates_overlap": "Dates overlap",
    "look_alike": "Names that look the same",
    "records_silent": "Records may be missing",
    "near_line": "Near a boundary, undecided",
    "stacked": "Same position",
    "enrollment_missing": "Enrollment missing",
    "enrollment_misleading": "Enrollment doubtful",
    "detached": "Blocks cut off",
    "narrow_strip": "Narrow strips",
    "grid_crosses": "Grid crosses a barrier, freeway or river",
}
_DECIDE = ("Decide…", "Set the jurisdiction of this site by hand.")
_OTHER_FIXES = {
    "near_line": _DECIDE,
    "no_agency": _DECIDE,
    CALLS_NOBODY_MADE: ("Change to visits", "Void these calls, and log a visit in place of each."),
    CALLS_TWICE: ("Count once", "Void the duplicates; each lists the record it repeats."),
}
"""The button and its tip for findings that are fixed outside the plan."""


@dataclass(frozen=True, slots=True)
class _CheckRow:
    """One finding, or the heading of a rule if ``finding`` is None."""

    key: tuple[str, ...]
    problem: bool
    text: str
    finding: CheckFinding | None = None

    @property
    def other_fix(self) -> tuple[str, str] | None:
        """The button and its tip for a fix that is not an edit of the plan, if there is one."""
        if self.finding is None:
            return None
        if self.finding.code == CALLS_TWICE and not self.finding.facts["pairs"]:
            return None
        return _OTHER_FIXES.get(self.finding.code)

    @property
    def may_have_fix(self) -> bool:
        """Whether the finding may have a button that fixes it."""
        fixable = self.finding is not None and is_fixable(self.finding)
        return fixable or self.other_fix is not None

    @property
    def where(self) -> Mapping[str, str]:
        """The places and things that the finding is about, by kind."""
        return self.finding.where if self.finding is not None else {}

    @property
    def site(self) -> str | None:
        """The site to select; the first one if there are several."""
        return self.where.get("site") or self.where.get("sites", "").split(";")[0] or None

    @property
    def zone(self) -> str | None:
        """The zone to select."""
        return self.where.get("zone")


def build_check_rows(
    state: ProjectState,
    notes: Sequence[CheckFinding] | None = None,
    *,
    formats: LocaleFormats,
) -> list[_CheckRow]:
    """Return the problems and then the notes of a state, grouped under headings by rule.

    ``notes``, if given, replace the notes of the state.
    """
    return [
        *_group_findings(state.problems, formats, problem=True),
        *_group_findings(state.notes if notes is None else notes, formats, problem=False),
    ]


class _CheckFixes:
    """Finds the fixes of rows on first use and remembers them until ``reset``."""

    def __init__(self, session: Session) -> None:
        self.is_suspended = False
        self._is_read_only = bool(session.explain_denied_edit())
        self._session = session
        self._fixes: dict[tuple[str, ...], PlanFix | None] = {}

    def reset(self, *, suspended: bool) -> None:
        """Discard all fixes; while ``suspended``, as during a gesture, no plan fix is offered."""
        self.is_suspended = suspended
        self._fixes.clear()

    def find_fix(self, row: _CheckRow) -> PlanFix | None:
        """Return the edit of the plan that fixes a row, if there is one."""
        if self.is_suspended or row.finding is None or not is_fixable(row.finding):
            return None
        if row.key not in self._fixes:
            self._fixes[row.key] = find_fix(self._session.state, row.finding)
        return self._fixes[row.key]

    def label(self, row: _CheckRow) -> str:
        """Return the text of a row's button, or an empty string if the row has no button."""
        return self._describe(row)[0]

    def text(self, row: _CheckRow) -> str:
        """Return a sentence that describes what a row's button does."""
        return self._session.rewrite(self._describe(row)[1])

    def _describe(self, row: _CheckRow) -> tuple[str, str]:
        if self._is_read_only:
            return "", ""
        fix = self.find_fix(row)
        return row.other_fix or ((fix.label, str(fix.message)) if fix else ("", ""))

    def problem(self, row: _CheckRow) -> str:
        """Return the finding's text, with dates in this computer's format."""
        return self._session.rewrite(row.text)


def _mark(row: _CheckRow) -> str:
    if row.finding is not None:
        return ""
    return "error" if row.problem else "info"


def _group_findings(
    findings: Iterable[CheckFinding], formats: LocaleFormats, *, problem: bool
) -> Iterator[_CheckRow]:
    groups = group_pairs((finding.code, finding) for finding in findings)
    ranks = {code: rank for rank, code in enumerate(_CHECK_TITLES)}
    for code in sorted(groups, key=lambda code: ranks.get(code, len(ranks))):
        title = _CHECK_TITLES.get(code, code.replace("_", " ").capitalize())
        yield _CheckRow(("head", code), problem, f"{title} ({len(groups[code])})")
        counts: Counter[tuple[str, ...]] = Counter()
        for finding in groups[code]:
            key = (code, *(f"{name} {value}" for name, value in finding.where.items()))
            counts[key] += 1
            text = finding.message.say(formats)
            yield _CheckRow((*key, str(counts[key])), problem, text, finding)


WHAT, FIX = 0, 1
_LEAST_FIX_PX, _INDENT_PX, _ROW_PX, _PADDING_PX = 280, 18, 25, 24
_ROLES = {"error": "late", "info": "accent"}
_BAR_MARGINS_PX = (SPACING_PX, GRID_PX, SPACING_PX, GRID_PX)
_Index = QModelIndex | QPersistentModelIndex


class _CheckDelegate(CellDelegate):
    """Draws headings in bold, indents the findings below them, and draws fixes as buttons."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__(lambda name: desk.icons(name, _ROLES[name]), parent)
        self._button = compact_button("")
        self._button.setParent(parent)
        self._button.hide()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw a heading, a finding or a button."""
        cell = index.data(TABLE_CELL_ROLE)
        if cell is None:
            return
        if index.column() == FIX and cell.text:
            self._draw_button(painter, option, cell.text)
            return
        painter.save()
        try:
            if cell.mark:
                painter.setFont(make_strong_font())
            elif index.column() == WHAT:
                if option.state & QStyle.StateFlag.State_Selected:
                    painter.fillRect(option.rect, option.palette.highlight())
                option.rect = option.rect.adjusted(_INDENT_PX, 0, 0, 0)
            super().paint(painter, option, index)
        finally:
            painter.restore()

    def _draw_button(self, painter: QPainter, option: QStyleOptionViewItem, label: str) -> None:
        button = QStyleOptionButton()
        button.initFrom(self._button)
        wide = min(option.rect.width() - GRID_PX, option.fontMetrics.horizontalAdvance(label) + 20)
        button.rect = QRect(option.rect.left(), option.rect.top() + 2, wide, _ROW_PX - 4)
        side = Qt.TextElideMode.ElideRight
        button.text = option.fontMetrics.elidedText(label, side, wide - 14)
        button.state = QStyle.StateFlag.State_Enabled | QStyle.StateFlag.State_Raised
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        if option.state & QStyle.StateFlag.State_MouseOver:
            button.state |= QStyle.StateFlag.State_MouseOver
        style = self._button.style()
        style.drawControl(QStyle.ControlElement.CE_PushButton, button, painter, self._button)


class ChecksPanel(LazyPanel):
    """One row per finding under the heading of its rule; selecting a row selects its site or zone.

    ``place_requested`` carries the site, zone and blocks of a finding to show on the map.
    """

    place_requested = Signal(object, object, object)

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self.fixes = _CheckFixes(desk.session)
        columns = (
            Column("What", self.fixes.problem, mark=_mark, cell_tip=self.fixes.problem),
            Column("Fix", lambda row: "", self.fixes.label, cell_tip=self.fixes.text),
        )
        self.view = TableView("Checks", desk.icons, empty="No rule is broken.")
        self.view.setSortingEnabled(False)
        self.view.setMouseTracking(True)
        self.view.setAlternatingRowColors(False)
        self.view.show_columns(columns, lambda row: row.key)
        self.table = self.view.table
        self.view.setItemDelegate(_CheckDelegate(desk, self.view))
        self.view.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self._size_columns()
        self.view.chosen.connect(self._select)
        self.view.clicked.connect(self._click)
        self.view.opened.connect(lambda key: self._request_place(self.table.find_row(key)))
        self.summary = make_muted_label()
        self.summary.setWordWrap(False)
        self.summary.setMinimumWidth(1)
        self.fix_button = push_button("Fix", do=self.fix_chosen)
        self.all_button = push_button("Fix all", do=self.fix_all)
        self.all_button.setToolTip(
            "Fix everything that needs no decision, as one step that you can undo."
        )
        bar = make_row_layout(
            (self.summary, 1), self.fix_button, self.all_button, margins_px=_BAR_MARGINS_PX
        )
        make_column_layout(self, (self.view, 1), bar, margin_px=0, spacing_px=0)
        self.refresh_on(desk.bridge.changed, desk.bridge.logged, desk.bridge.preview_followed)

    def refresh(self) -> None:
        """Show the current findings; during a gesture no plan fix is offered."""
        session = self._desk.session
        self.fixes.reset(suspended=session.is_in_gesture)
        self.table.show(
            build_check_rows(session.state, list_notes(session), formats=session.formats)
        )
        self.view.clearSpans()
        rows = self._list_rows()
        for index, row in enumerate(rows):
            if not row.may_have_fix:
                self.view.setSpan(index, WHAT, 1, 2)
        self.view.setColumnHidden(FIX, not any(map(self.fixes.label, rows)))
        self._spread_columns()
        self.view.viewport().update()
        self._update_bar()

    def fix_chosen(self) -> None:
        """Fix the selected finding as one step."""
        row = self.view.current_row()
        if row is not None:
            self._apply_fix(row)

    def fix_all(self) -> None:
        """Find all fixes in a background job, and apply them as one step."""
        state = self._desk.session.state
        self._desk.jobs.run(
            "Fixing rules",
            lambda report: find_closer_proposal(state, fix_all_problems(state, report), report),
            on_done=partial(_apply_fixes, self._desk, state),
            lost="The plan was not changed.",
        )

    def _size_columns(self) -> None:
        head = self.view.horizontalHeader()
        self.view.titled = False
        head.hide()
        head.setStretchLastSection(False)
        head.setSectionResizeMode(WHAT, QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(FIX, QHeaderView.ResizeMode.Fixed)
        head.geometriesChanged.connect(self._spread_columns)

    def _spread_columns(self) -> None:
        """Start the buttons right of the longest finding that has one, and fill the width."""
        texts = [self.fixes.problem(row) for row in self._list_rows() if row.may_have_fix]
        longest_px = max(map(self.view.fontMetrics().horizontalAdvance, texts), default=0)
        left_px = self.view.viewport().width() - longest_px - _INDENT_PX - _PADDING_PX
        self.view.setColumnWidth(FIX, max(_LEAST_FIX_PX, left_px))

    def _update_bar(self) -> None:
        """Describe the fix of the selected finding, or else count the findings."""
        state, row = self._desk.session.state, self.view.current_row()
        text = self.fixes.text(row) if row is not None else ""
        self.fix_button.setEnabled(bool(text))
        is_decision = row is not None and row.other_fix == _DECIDE
        self.fix_button.setText("Decide…" if is_decision else "Fix")
        self.fix_button.setToolTip(escape_tooltip(text))
        if not text:
            problems = format_count(len(state.problems), "rule is broken", "rules are broken")
            problems = problems if state.problems else "No rule is broken"
            notes = sum(row.finding is not None and not row.problem for row in self._list_rows())
            text = f"{problems}; {format_count(notes, 'thing')} to know."
        self.summary.setText(text)
        self.summary.setToolTip(escape_tooltip(text))
        plan = state.plan
        can_fix = plan is not None and plan.is_draft and not self.fixes.is_suspended
        count = sum(map(is_fixable, state.problems)) if can_fix else 0
        self.all_button.setEnabled(bool(count))
        self.all_button.setText(f"Fix all ({count})" if count else "Fix all")

    def _list_rows(self) -> list[_CheckRow]:
        return [self.table.row(index) for index in range(self.table.rowCount())]

    def _select(self, key: tuple[str, ...]) -> None:
        row = self.table.find_row(key)
        if row is not None and (row.site or row.zone):
            self._desk.bridge.select(site=row.site, zone=row.zone)
        self._update_bar()

    def _click(self, index: QModelIndex) -> None:
        row: _CheckRow = self.view.sorted.row_of(index)
        if index.column() == FIX and self.fixes.label(row):
            self._apply_fix(row)
        else:
            self._request_place(row)

    def _request_place(self, row: _CheckRow | None) -> None:
        if row is not None:
            blocks = tuple(filter(None, row.where.get("blocks", "").split(";")))
            self.place_requested.emit(row.site, row.zone, blocks)

    def _apply_fix(self, row: _CheckRow) -> None:
        desk, session = self._desk, self._desk.session
        if row.other_fix is None:
            fix = self.fixes.find_fix(row)
            if fix is not None:
                desk.apply(fix.label, fix.edit, done=f"Fixed. {fix.message}")
        elif row.other_fix == _DECIDE:
            desk.bridge.select(site=row.site)
            desk.actions["decide"].trigger()
        elif "types" in row.where:
            types = tuple(row.where["types"].split(";"))
            desk.attempt(partial(convert_calls_to_visits, session, types))
        else:
            desk.attempt(partial(void_duplicates, session))


def _apply_fixes(desk: UiContext, start: ProjectState, fixed: FixResult) -> None:
    """Apply the fixes as one step, unless the plan has changed since ``start``."""
    session = desk.session
    session.view_present()
    if session.state is not start:
        desk.notices.show_notice("The plan has since changed, so nothing was fixed; try again.")
        return
    if not fixed.done:
        desk.notices.show_notice("Nothing could be fixed without making something else worse.")
        return
    rules = format_count(len(fixed.done), "rule")
    if desk.apply(f"Fix {rules}", lambda _: fixed.project):
        broken = format_count(len(session.state.problems), "rule is", "rules are")
        rest = f"{broken} still broken." if session.state.problems else "No rule is broken."
        steps = {f"step {n}": text for n, text in enumerate(fixed.done[:40], start=1)}
        closer = ""
        if fixed.closer_min is not None:
            closer = (
                f" Patrols drive {fixed.cost_min:,.0f} minutes per day; proposing zones close to "
                f"the earlier plan would need only {fixed.closer_min:,.0f}."
            )
        desk.report_done(f"Fixed {rules}. {rest}{closer}", details=steps)
