"""A person's decision about the jurisdiction of a site, with the reason; it is kept with both."""

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.domain.geography.jurisdiction import find_jurisdiction
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.edits import decide_jurisdiction
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.services.ui_context import UiContext


class JurisdictionDecisionDialog(FormDialog):
    """Asks where a site lies; the position in the official lines is the first choice."""

    def __init__(self, desk: UiContext, site: Site, parent: QWidget | None = None) -> None:
        super().__init__("Decide the Jurisdiction", "Decide", self._keep, parent)
        self._desk = desk
        self._site = site
        project = desk.session.project
        lies_in = find_jurisdiction(site.with_decision(None), project.jurisdictions.values())
        by_position = _name(project, lies_in.jurisdiction)
        self.set_about(
            f"{site.name}: by its position it is in {by_position}, "
            f"{desk.session.formats.length(lies_in.line_m)} from the nearest line."
        )
        decision = site.decision
        names = {None: f"By its position: {by_position}"} | {
            one.id: one.name for one in project.jurisdictions.values()
        }
        self.choice = make_choice_box(names, decision.jurisdiction if decision else None)
        self.why = QLineEdit(decision.why if decision else "")
        self.why.setPlaceholderText("For example: the gate is on the city's side")
        self.add_rows(("&Jurisdiction", self.choice), ("&Why", self.why))

    def _keep(self) -> None:
        chosen, why = self.choice.currentData(), self.why.text().strip()
        if chosen is not None and not why:
            raise UserError("field_empty.decision_reason")
        session, site = self._desk.session, self._site
        session.apply(
            f"Decide the jurisdiction of {site.name}",
            lambda project: decide_jurisdiction(
                project, site.id, chosen, by=session.actor, at=session.clock(), why=why
            ),
        )


def _name(project: Project, jurisdiction: str | None) -> str:
    return project.jurisdictions[jurisdiction].name if jurisdiction else "no known jurisdiction"
