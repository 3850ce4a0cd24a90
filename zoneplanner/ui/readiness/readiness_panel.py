"""Readiness at a glance: the year's figures, and the ways to log what was done."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from zoneplanner.analysis.coverage.figures import Figure
from zoneplanner.domain.log.record_schema import list_record_groups
from zoneplanner.domain.readiness.requirements import DRILL, REVIEW
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ActionButton,
    FactRows,
    LazyPanel,
    WrappedLabel,
    make_column_layout,
    make_heading_label,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text

_LOGGED = ("log_review", "log_after_action", "log_concern")
_KEPT = ("due_calendar", "rule_choices", "own_rule", "install_rules", "save_rules")
_REVIEWED_SHARE, _DRILLS = "plans_reviewed_share", "drills_"
_READING = "Reading the log…"
_MOST_GROUPS = 6


class ReadinessPanel(LazyPanel):
    """What is open, and the figures of the year so far, each with its n and definition on hover.

    A figure of which nothing can be said yet is left out.
    """

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.title = make_heading_label("Readiness")
        self.summary, self.groups = WrappedLabel(_READING), WrappedLabel()
        self.groups.setAccessibleName("What is open")
        self.figures: FactRows | None = None
        self.groups.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._beside = make_row_layout((self.groups, 1))
        drill = ActionButton(desk.actions["log_drill"])
        more = QToolButton()
        more.setText("More")
        more.setAccessibleName("More to log, and the rules")
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(more)
        menu.addActions([desk.actions[name] for name in _LOGGED])
        for group, kinds in list_record_groups().items():
            own = menu.addMenu(group)
            own.addActions([desk.actions[f"log_{kind}"] for kind in kinds])
        menu.addSeparator()
        menu.addActions([desk.actions[name] for name in _KEPT])
        more.setMenu(menu)
        acts = make_row_layout(drill, more, None, make_muted_label("Not legal advice."))
        make_column_layout(self, self.title, self.summary, self._beside, acts)
        self.refresh_on(desk.readiness.was_read, desk.bridge.logged, desk.bridge.changed)

    def refresh(self) -> None:
        """Show the figures as they are known, and have them read anew where they can differ."""
        found = self._desk.readiness.request()
        if found is None:
            return
        from zoneplanner.analysis.coverage.readiness_figures import name_readiness_figure
        from zoneplanner.ui.readiness.requirement_rows import (
            group_open_requirements,
            summarize_requirements,
        )

        self.title.setText(f"Readiness, school year {found.year.name}")
        self.summary.setText(summarize_requirements(found))
        groups = group_open_requirements(found)
        more = [f"and {len(groups) - _MOST_GROUPS} more"] if len(groups) > _MOST_GROUPS else []
        self.groups.setText("\n".join([*groups[:_MOST_GROUPS], *more]))
        names = {name: name_readiness_figure(name) for name in found.figures}
        tips = {name: _tip(one) for name, one in found.figures.items()}
        if self.figures is not None:
            self._beside.removeWidget(self.figures)
            self.figures.deleteLater()
        self.figures = FactRows(names, tips)
        self.figures.hold_lines()
        for name, one in found.figures.items():
            kind = REVIEW if name == _REVIEWED_SHARE else DRILL
            counted = name == _REVIEWED_SHARE or name.startswith(_DRILLS)
            if counted and kind not in found.recorded_kinds:
                text = ""  # what is open says it, beside this
            elif one.value is None:
                text = (one.n and one.why) or ""
            elif name.endswith("_share"):
                text = f"{value_text.format_share(one.value, 0)} of {one.n:,}"
            else:
                text = f"{value_text.format_number(one.value, 0)} days (from {one.n:,})"
            self.figures.set_value(name, text)
        self._beside.addWidget(self.figures, 1, Qt.AlignmentFlag.AlignTop)
        self.figures.setVisible(any(self.figures.value(name) for name in names))


def _tip(figure: Figure) -> str:
    why = f" Not shown: {figure.why}." if figure.value is None else ""
    return f"{figure.definition} n = {figure.n}.{why}"
