"""Opens and closes the comparison and its tables, and prints it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget, QTabWidget

from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.plan.plans.plans_panel import ONLY_ONE_PLAN
from zoneplanner.ui.widgets.inputs.file_dialogs import open_new_file_dialog
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import Theme

if TYPE_CHECKING:
    from zoneplanner.ui.plan.comparison.comparison_panel import ComparisonPanel

_MOVED, _SCORES = "Moved sites", "Scorecard"
_ZOOM_STEP = 1.25


class ComparisonController(QObject):
    """Shows the comparison in place of the map; created on first use.

    ``toggled`` carries whether the comparison is open, ``cursor_moved`` project meters.
    """

    toggled = Signal(bool)
    cursor_moved = Signal(float, float)

    def __init__(
        self, desk: UiContext, view: MapView, stack: QStackedWidget, tabs: QTabWidget
    ) -> None:
        super().__init__(stack)
        self._desk, self._view, self._stack, self._tabs = desk, view, stack, tabs
        self.panel: ComparisonPanel | None = None
        for name, act in {
            "fit": lambda panel: panel.stage.fit(),
            "zoom_in": lambda panel: panel.stage.zoom_by(_ZOOM_STEP),
            "zoom_out": lambda panel: panel.stage.zoom_by(1 / _ZOOM_STEP),
            "zoom_zone": self._zoom_to_zone,
        }.items():
            desk.actions.set_handler(name, partial(self._do_if_shown, act))
        desk.bridge.selection_changed.connect(
            lambda selection: self._do_if_shown(lambda panel: panel.select(selection))
        )

    @property
    def shown(self) -> "ComparisonPanel | None":
        """The comparison panel while it is open."""
        return self.panel if self._stack.currentWidget() is self.panel else None

    def start(self) -> None:
        """Open the comparison; if there is no other plan to compare with, explain what to do."""
        session = self._desk.session
        if self.shown is not None:
            return
        from zoneplanner.ui.map.compare.zone_transfers import choose_plans_to_compare

        pair = choose_plans_to_compare(session)
        if pair is None:
            self._explain_no_pair()
            return
        place = self._view.viewpoint()
        panel = self._make_panel(pair)
        panel.stage.arrange_as(self._view.map)
        self.toggled.emit(True)
        self._stack.setCurrentWidget(panel)
        self._tabs.insertTab(0, panel.moved, _MOVED)
        self._tabs.insertTab(1, panel.scores, _SCORES)
        self._tabs.setCurrentWidget(panel.moved)
        panel.show_pair(*pair)
        panel.select(self._desk.bridge.selection)
        panel.stage.look_at(place)
        panel.take_focus()
        for signal in (self._desk.bridge.changed, self._desk.bridge.previewed):
            signal.connect(self._refresh)

    def close(self) -> None:
        """Show the map again, at the comparison's last viewpoint."""
        panel = self.shown
        if panel is None:
            return
        for signal in (self._desk.bridge.changed, self._desk.bridge.previewed):
            signal.disconnect(self._refresh)
        place = panel.stage.get_viewpoint()
        self._stack.setCurrentWidget(self._view)
        for table in (panel.moved, panel.scores):
            self._tabs.removeTab(self._tabs.indexOf(table))
        self.toggled.emit(False)
        self._view.look_at(place)
        self._view.setFocus()

    def set_theme(self, theme: Theme) -> None:
        """Apply the theme's colors."""
        if self.panel is not None:
            self.panel.set_theme(theme)

    def follow_layers(self) -> None:
        """Show the same layers as the map."""
        if self.shown is not None:
            self.shown.stage.arrange_as(self._view.map)

    def zoom_to_selection(self) -> None:
        """Zoom to the selected site or zone."""
        selection, panel = self._desk.bridge.selection, self.shown
        if panel is not None and selection.site is not None:
            panel.stage.zoom_to_site(selection.site)
        elif panel is not None and selection.zone is not None:
            panel.stage.zoom_to_zone(selection.zone)

    def ask_path(self, audience: str) -> None:
        """Ask where to print the page for an audience."""
        from zoneplanner.publish.audience import name_audience

        panel = self.panel
        if panel is None or panel.plans is None:
            return
        default = Path(f"{self._desk.session.project.name} comparison.pdf")
        title = f"Print the comparison for {name_audience(audience)}"
        open_new_file_dialog(
            panel,
            title,
            "PDF (*.pdf)",
            default,
            lambda path: self._desk.attempt(lambda: self.print_page(path, audience)),
        )

    def print_page(self, path: Path, audience: str) -> None:
        """Print the current comparison on one page, in a background job."""
        from zoneplanner.app.plans.comparison import collect_comparison_page, print_comparison

        if self.panel is None or self.panel.plans is None:
            return
        self._desk.session.store.check_target(path)
        content = collect_comparison_page(self._desk.session, *self.panel.pair, audience=audience)
        self._desk.jobs.run(
            "Printing the comparison",
            lambda report: print_comparison(content, path),
            on_done=partial(self._report_printed, audience),
            lost="The page was not printed.",
        )

    def _report_printed(self, audience: str, path: Path) -> None:
        from zoneplanner.publish.audience import name_audience

        text = f"The comparison for {name_audience(audience)} was printed to {path.name}."
        self._desk.notices.offer_page(text, path)

    def _make_panel(self, pair: tuple[str, str]) -> "ComparisonPanel":
        if self.panel is None:
            from zoneplanner.ui.plan.comparison.comparison_panel import ComparisonPanel

            panel = self.panel = ComparisonPanel(self._desk, self._view, pair)
            self._stack.addWidget(panel)
            panel.moved.chosen.connect(self._zoom_to_site)
            panel.counted.connect(self._show_count)
            panel.closed.connect(self.close)
            panel.bar.print_requested.connect(self.ask_path)
            panel.stage.clicked.connect(
                lambda site, zone: self._desk.bridge.select(site=site, zone=zone)
            )
            panel.stage.cursor_moved.connect(self.cursor_moved)
        return self.panel

    def _show_count(self, moved: int) -> None:
        if self.shown is not None:
            title = f"{_MOVED} ({moved})" if moved else _MOVED
            self._tabs.setTabText(self._tabs.indexOf(self.shown.moved), title)

    def _explain_no_pair(self) -> None:
        plan, show = self._desk.session.plan, self._desk.notices.show_notice
        if plan is None:
            show("There is no plan yet. Propose zones first, then compare your changes with them.")
        else:
            branch = self._desk.actions["copy_plan"].trigger
            show(ONLY_ONE_PLAN.format(plan.name), offer="Copy to a draft", on_offer=branch)

    def _zoom_to_site(self, site: str) -> None:
        self._desk.bridge.select(site=site)
        self.zoom_to_selection()

    def _refresh(self, _event: object) -> None:
        self._do_if_shown(lambda panel: panel.refresh())

    def _do_if_shown(self, act: "Callable[[ComparisonPanel], object]") -> None:
        if self.shown is not None:
            act(self.shown)

    def _zoom_to_zone(self, panel: "ComparisonPanel") -> None:
        zone = self._desk.bridge.selection.find_zone(self._desk.session.plan)
        if zone is not None:
            panel.stage.zoom_to_zone(zone)
