"""The dialog of travel times: provider, file, speeds, and one step to undo."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from builders import project_from
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from road_files import CROSSING, write_openstreetmap
from sentences import says

from zoneplanner.analysis.travel.travel_model import name_travel_model
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.travel_times import TravelProvider
from zoneplanner.domain.project import Project
from zoneplanner.ui.plan.assumptions.travel_dialog import TravelDialog
from zoneplanner.ui.widgets.services.ui_context import UiContext


@pytest.fixture
def session(open_session: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A small district in the town of the road files, with its own cache of networks."""
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    opened: Session = open_session(place_in_town(project_from("AABB", blocks=False)))  # type: ignore[operator]
    return opened


def place_in_town(project: Project) -> Project:
    """Move the sites next to crossings."""
    spots = np.add(CROSSING[[0, 2, 6, 8]], 5.0).tolist()
    sites = {
        site.id: replace(site, x_m=x, y_m=y)
        for site, (x, y) in zip(project.sites.values(), spots, strict=True)
    }
    return replace(project, sites=sites, features=(), jurisdictions={})


def settle(desk: UiContext, qtbot: QtBot) -> None:
    """Wait until no job is under way."""
    qtbot.waitUntil(lambda: not desk.jobs.running, timeout=20_000)


def choose(dialog: TravelDialog, provider: TravelProvider, path: Path | None = None) -> None:
    """Select a provider and a file."""
    dialog.provider.setCurrentIndex(dialog.provider.findData(provider))
    if path is not None:
        dialog.set_path(path)


def test_road_travel_is_measured_as_a_job_with_custom_speeds_and_undone(
    desk: UiContext, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = TravelDialog(desk)
    qtbot.addWidget(dialog)
    assert says(dialog.about.text(), "minutes_from.grid", axis_factor="1.1", speed_mph="28")
    choose(dialog, TravelProvider.ROADS, write_openstreetmap(tmp_path / "town.osm.pbf"))
    dialog.speeds["residential"].setValue(42.0)
    dialog.accept()
    settle(desk, qtbot)
    travel = session.project.travel
    assert travel is not None
    assert dict(travel.speeds_mph) == {"residential": 42.0}
    assert str(name_travel_model(session.project)) == "roads of town.osm.pbf, 2026-10-01"
    assert says(desk.notices.text.text(), "roads_measured")
    again = TravelDialog(desk)
    qtbot.addWidget(again)
    assert again.speeds["residential"].value() == 42.0
    again.restore.click()
    before = session.state.basis.travel_min.sum()
    again.accept()
    settle(desk, qtbot)
    assert session.state.basis.travel_min.sum() > before
    session.undo()
    session.undo()
    assert session.project.travel is None


def test_unusable_input_is_reported_and_changes_nothing(
    desk: UiContext, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = TravelDialog(desk)
    qtbot.addWidget(dialog)
    choose(dialog, TravelProvider.ROADS)
    dialog.accept()
    assert says(dialog.refused.text(), "field_empty.travel_file")
    dialog.set_path(write_openstreetmap(tmp_path / "town.osm.pbf"))
    dialog.speeds["service"].setValue(0.0)
    dialog.accept()
    assert says(dialog.refused.text(), "out_of_range.speed", roads="service roads", speed_mph="0")
    dialog.speeds["service"].setValue(10.0)
    (tmp_path / "broken.osm.pbf").write_text("no map")
    dialog.set_path(tmp_path / "broken.osm.pbf")
    dialog.accept()
    settle(desk, qtbot)
    assert says(desk.notices.text.text(), "unreadable_file.not_as_named")
    assert session.project.travel is None


def test_a_travel_table_is_used_and_the_street_grid_restored(
    desk: UiContext, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "minutes.csv"
    ids = list(session.project.sites)
    rows = [f"{a},{b},4" for a in ids for b in ids if a != b]
    path.write_text("\n".join(["from,to,minutes", *rows]))
    dialog = TravelDialog(desk)
    qtbot.addWidget(dialog)
    choose(dialog, TravelProvider.TABLE, path)
    assert all(column in dialog.hint.text() for column in ("from", "to", "minutes"))
    assert not dialog.table.isVisibleTo(dialog)
    dialog.accept()
    assert str(name_travel_model(session.project)) == "minutes of minutes.csv"
    site = session.project.sites[ids[0]]
    moved = replace(site, x_m=site.x_m + 9.0)
    session.apply("Move", lambda project: project.with_site(moved))
    after = TravelDialog(desk)
    qtbot.addWidget(after)
    assert any(label.text().startswith("1 site ") for label in after.findChildren(QLabel))
    choose(after, TravelProvider.GRID)
    after.accept()
    assert session.project.travel is None
