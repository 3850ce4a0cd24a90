"""The label of a site: its name or any of its values."""

from zoneplanner.app.session.session import Session
from zoneplanner.ui.map.labels.label_texts import format_site_label


def test_a_site_is_labeled_by_any_of_its_fields(session: Session) -> None:
    site = session.project.sites["r1c1"]
    labels = [
        format_site_label(session.state, site, by, "Elementary")
        for by in ("name", "short", "level", "enrollment", "zone", "")
    ]
    assert labels == ["School r1c1", "School r1c1", "Elementary", "400", "A", ""]
