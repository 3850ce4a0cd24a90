"""The table of checks: rules broken first, then what should be known, rule by rule."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QStyle, QStyleOptionButton, QStyleOptionViewItem, QWidget

from zoneplanner.app.coverage.demand import list_notes
from zoneplanner.app.log.duplicate_records import (
    CALLS_NOBODY_MADE,
    CALLS_TWICE,
    count_once,
    take_calls_as_visits,
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
from zoneplanner.ui.widgets.tables.table_model import TABLE_CELL_ROLE, Column, TableModel
from zoneplanner.ui.widgets.tables.table_view import CellDelegate, TableView

_CHECK_TITLES = {
    CALLS_NOBODY_MADE: "Calls that look self-initiated",
    CALLS_TWICE: "Calls that look like duplicates",
    "no_agency": "No unit may serve it",
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
    "near_line": "Near a line, undecided",
    "stacked": "Same position",
    "enrollment_missing": "Enrollment missing",
    "enrollment_misleading": "Enrollment doubtful",
    "detached": "Blocks cut off",
    "narrow_strip": "Narrow strips",
    "grid_crosses": "Grid crosses a barrier, freeway or river",
}
_DECIDED_BY_HAND = ("near_line", "no_agency")
"""Rules of a site's jurisdiction, which a person decides."""


@dataclass(frozen=True, slots=True)
class _CheckRow:
    """One finding with the place to go to, or the head of a rule where ``finding`` is None."""

    key: tuple[str, ...]
    problem: bool
    text: str
    finding: CheckFinding | None = None
    site: str | None = None
    zone: str | None = None
    blocks: tuple[str, ...] = ()

    @property
    def may_have_fix(self) -> bool:
        """True for a finding that something mechanical, or a person's decision, may fix."""
        if self.finding is None:
            return False
        given = self.by_hand or bool(self.patrol_types) or self.has_duplicates
        return given or is_fixable(self.finding)

    @property
    def by_hand(self) -> bool:
        """True where a person decides the jurisdiction of the site."""
        return self.finding is not None and self.finding.code in _DECIDED_BY_HAND

    @property
    def patrol_types(self) -> tuple[str, ...]:
        """The types of calls that look like visits."""
        is_of_log = self.finding is not None and self.finding.code == CALLS_NOBODY_MADE
        return tuple(self.finding.where["types"].split(";")) if is_of_log and self.finding else ()

    @property
    def has_duplicates(self) -> bool:
        """True where records of the log are another one again that is there too."""
        finding = self.finding
        return finding is not None and finding.code == CALLS_TWICE and bool(finding.facts["pairs"])


def build_check_rows(
    reading: ProjectState,
    notes: Sequence[CheckFinding] | None = None,
    *,
    formats: LocaleFormats,
) -> list[_CheckRow]:
    """Return the problems and then the notes of a reading, each rule under its head.

    ``notes`` stand in for those of the reading, where more is known.
    """
    return [
        row
        for problem, found in (
            (True, reading.problems),
            (False, reading.notes if notes is None else notes),
        )
        for row in _group_findings(found, formats, problem=problem)
    ]


class _CheckFixes:
    """What fixes the rows of a session's reading, worked out when it is asked for."""

    def __init__(self, session: Session) -> None:
        self.shut = False
        self._barred = bool(session.explain_denied_edit())
        self._session = session
        self._known: dict[tuple[str, ...], PlanFix | None] = {}

    def renew(self, *, shut: bool) -> None:
        """Forget what was worked out; ``shut`` in the middle of a gesture."""
        self.shut = shut
        self._known.clear()

    def find_fix(self, row: _CheckRow) -> PlanFix | None:
        """Return what fixes a row, None where nothing is mechanical about it."""
        if self.shut or row.finding is None or not is_fixable(row.finding):
            return None
        if row.key not in self._known:
            self._known[row.key] = find_fix(self._session.state, row.finding)
        return self._known[row.key]

    def label(self, row: _CheckRow) -> str:
        """Return what the button of a row says, empty for none or where nothing may be changed."""
        return self._explain(row)[0]

    def text(self, row: _CheckRow) -> str:
        """Say in a sentence what the button of a row would do."""
        return self._session.rewrite(self._explain(row)[1])

    def _explain(self, row: _CheckRow) -> tuple[str, str]:
        if self._barred:
            return "", ""
        if row.by_hand:
            return "Decide…", "Set the jurisdiction of this site by hand."
        if row.patrol_types:
            return "Change to visits", "Void these calls, and log a visit in place of each."
        if row.has_duplicates:
            return "Count once", "Void the duplicates; each lists the record it repeats."
        fix = self.find_fix(row)
        return (fix.label, fix.text) if fix else ("", "")

    def problem(self, row: _CheckRow) -> str:
        """Return what is found, with its days as this desk writes them."""
        return self._session.rewrite(row.text)


def _build_check_columns(fixes: _CheckFixes) -> tuple[Column, ...]:
    """Return the columns: what is found, and what fixes it."""
    return (
        Column("What", fixes.problem, mark=_mark, cell_tip=fixes.problem),
        Column("Fix", lambda row: "", fixes.label, cell_tip=fixes.text),
    )


def _mark(row: _CheckRow) -> str:
    if row.finding is not None:
        return ""
    return "error" if row.problem else "info"


def _group_findings(
    found: Iterable[CheckFinding], formats: LocaleFormats, *, problem: bool
) -> Iterator[_CheckRow]:
    groups: dict[str, list[CheckFinding]] = {}
    for finding in found:
        groups.setdefault(finding.code, []).append(finding)
    known = {code: at for at, code in enumerate(_CHECK_TITLES)}
    for code in sorted(groups, key=lambda code: known.get(code, len(known))):
        title = _CHECK_TITLES.get(code, code.replace("_", " ").capitalize())
        yield _CheckRow(("head", code), problem, f"{title} ({len(groups[code])})")
        seen: dict[tuple[str, ...], int] = {}
        for finding in groups[code]:
            key = (code, *(f"{name} {value}" for name, value in finding.where.items()))
            seen[key] = seen.get(key, 0) + 1
            text = finding.say(formats)
            yield _row((*key, str(seen[key])), finding, text, problem=problem)


def _row(key: tuple[str, ...], finding: CheckFinding, text: str, *, problem: bool) -> _CheckRow:
    where = finding.where
    blocks = where.get("blocks", "")
    return _CheckRow(
        key,
        problem,
        text,
        finding,
        site=where.get("site") or where.get("sites", "").split(";")[0] or None,
        zone=where.get("zone"),
        blocks=tuple(blocks.split(";")) if blocks else (),
    )


WHAT, FIX = 0, 1
_LEAST_FIX_PX, _INDENT_PX, _ROW_PX, _PADDING_PX = 280, 18, 25, 24
_ROLES = {"error": "late", "info": "accent"}
_BAR_MARGINS_PX = (SPACING_PX, GRID_PX, SPACING_PX, GRID_PX)
_Index = QModelIndex | QPersistentModelIndex


class _CheckDelegate(CellDelegate):
    """Draws the head of a rule in strong letters, findings under it, and a fix as a button."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__(lambda name: desk.icons(name, _ROLES[name]), parent)
        self._button = compact_button("")
        self._button.setParent(parent)
        self._button.hide()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw the cell."""
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
    """A row a finding under the head of its rule.

    Choosing one selects its site or zone; ``went`` carries site, zone and blocks of the one
    that a person wants to see on the map.
    """

    place_requested = Signal(object, object, object)

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.fixes = _CheckFixes(desk.session)
        self.table = TableModel(_build_check_columns(self.fixes), lambda row: row.key, self)
        self.view = TableView("Checks", desk.icons, empty="No rule is broken.")
        self.view.setSortingEnabled(False)
        self.view.setMouseTracking(True)
        self.view.setAlternatingRowColors(False)
        self.view.setModel(self.table)
        self.view.setItemDelegate(_CheckDelegate(desk, self.view))
        self.view.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self._size_columns()
        self.view.chosen.connect(self._choose)
        self.view.clicked.connect(self._click)
        self.view.opened.connect(self._open)
        self.says = make_muted_label()
        self.says.setWordWrap(False)
        self.says.setMinimumWidth(1)
        self.fix_button = push_button("Fix", do=self.fix_chosen)
        self.all_button = push_button("Fix all", do=self.fix_all)
        self.all_button.setToolTip(
            "Fix everything that needs no decision, as one step that you can undo."
        )
        bar = make_row_layout(
            (self.says, 1), self.fix_button, self.all_button, margins_px=_BAR_MARGINS_PX
        )
        make_column_layout(self, (self.view, 1), bar, margin_px=0, spacing_px=0)
        self.refresh_on(desk.bridge.changed, desk.bridge.logged, desk.bridge.preview_followed)

    def refresh(self) -> None:
        """Read the findings anew; in the middle of a gesture no fix is offered."""
        session = self._desk.session
        self.fixes.renew(shut=session.is_in_gesture)
        self.table.show(
            build_check_rows(session.state, list_notes(session), formats=session.formats)
        )
        self.view.clearSpans()
        for at in range(self.table.rowCount()):
            if not self.table.row(at).may_have_fix:
                self.view.setSpan(at, WHAT, 1, 2)
        rows = range(self.table.rowCount())
        fixes = any(self.table.index(at, FIX).data() for at in rows)
        self.view.setColumnHidden(FIX, not fixes)
        self._spread_columns()
        self.view.viewport().update()
        self._tell()

    def fix_chosen(self) -> None:
        """Fix the chosen finding, as one step."""
        row = self._row()
        if row is not None:
            self._apply_fix(row)

    def fix_all(self) -> None:
        """Fix what can be, as one step; found beside the window."""
        reading = self._desk.session.state
        self._desk.jobs.run(
            "Fixing rules",
            lambda report: find_closer_proposal(reading, fix_all_problems(reading, report), report),
            on_done=partial(_keep, self._desk, reading),
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
        """Begin the buttons after the longest problem that has one: they get all the room left."""
        rows = map(self.table.row, range(self.table.rowCount()))
        texts = [self.fixes.problem(row) for row in rows if row.may_have_fix]
        longest_px = max(map(self.view.fontMetrics().horizontalAdvance, texts), default=0)
        left_px = self.view.viewport().width() - longest_px - _INDENT_PX - _PADDING_PX
        self.view.setColumnWidth(FIX, max(_LEAST_FIX_PX, left_px))

    def _tell(self) -> None:
        """Say what fixing the chosen finding would do, else how many findings there are."""
        reading, row = self._desk.session.state, self._row()
        text = self.fixes.text(row) if row is not None else ""
        self.fix_button.setEnabled(bool(text))
        self.fix_button.setText("Decide…" if row is not None and row.by_hand else "Fix")
        self.fix_button.setToolTip(escape_tooltip(text))
        if not text:
            problems = format_count(len(reading.problems), "rule is broken", "rules are broken")
            problems = problems if reading.problems else "No rule is broken"
            rows = map(self.table.row, range(self.table.rowCount()))
            notes = sum(row.finding is not None and not row.problem for row in rows)
            text = f"{problems}; {format_count(notes, 'thing')} to know."
        self.says.setText(text)
        self.says.setToolTip(escape_tooltip(text))
        plan = reading.plan
        able = plan is not None and plan.is_draft and not self.fixes.shut
        some = sum(is_fixable(finding) for finding in reading.problems) if able else 0
        self.all_button.setEnabled(bool(some))
        self.all_button.setText(f"Fix all ({some})" if some else "Fix all")

    def _row(self) -> _CheckRow | None:
        index = self.view.currentIndex()
        return self.table.row(index.row()) if index.isValid() else None

    def _choose(self, key: tuple[str, ...]) -> None:
        at = self.table.place(key)
        row = self.table.row(at) if at is not None else None
        if row is not None and (row.site or row.zone):
            self._desk.bridge.select(site=row.site, zone=row.zone)
        self._tell()

    def _click(self, index: QModelIndex) -> None:
        row: _CheckRow = self.table.row(index.row())
        if index.column() == FIX and self.fixes.label(row):
            self._apply_fix(row)
        else:
            self._show(row)

    def _open(self, key: tuple[str, ...]) -> None:
        at = self.table.place(key)
        if at is not None:
            self._show(self.table.row(at))

    def _show(self, row: _CheckRow) -> None:
        self.place_requested.emit(row.site, row.zone, row.blocks)

    def _apply_fix(self, row: _CheckRow) -> None:
        if row.by_hand:
            self._desk.bridge.select(site=row.site)
            self._desk.actions["decide"].trigger()
            return
        if row.patrol_types:
            session, types = self._desk.session, row.patrol_types
            self._desk.attempt(partial(take_calls_as_visits, session, types))
            return
        if row.has_duplicates:
            self._desk.attempt(partial(count_once, self._desk.session))
            return
        fix = self.fixes.find_fix(row)
        if fix is not None:
            self._desk.apply(fix.label, fix.edit, done=f"Fixed. {fix.text}")


def _keep(desk: UiContext, start: ProjectState, fixed: FixResult) -> None:
    """Take what was fixed as one step, if nobody changed the plan meanwhile."""
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
        left = format_count(len(session.state.problems), "rule is", "rules are")
        rest = f"{left} still broken." if session.state.problems else "No rule is broken."
        steps = {f"step {at}": text for at, text in enumerate(fixed.done[:40], start=1)}
        nearer = ""
        if fixed.closer_min is not None:
            nearer = (
                f" Patrols drive {fixed.cost_min:,.0f} minutes per day; proposing zones close to "
                f"the earlier plan would need only {fixed.closer_min:,.0f}."
            )
        desk.report_done(f"Fixed {rules}. {rest}{nearer}", details=steps)
