"""Campus pages: read in the sandbox, placed by three points, verified, for responders only."""

from base64 import b64decode
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from builders import OpenSession, project_from, refused
from pictures import create_attachment, draw_png, place_around, write_pdf
from PIL import Image
from pypdf import PdfReader

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.publishing.handout import HandoutRequest
from zoneplanner.app.publishing.publication import collect_edition, render_edition
from zoneplanner.app.readiness.campus_pages import (
    list_campus_pages,
    list_sites_without_page,
    log_campus_page,
    read_drawn_picture,
    read_placed_picture,
)
from zoneplanner.app.readiness.requirements import compute_readiness
from zoneplanner.app.session.session import Session
from zoneplanner.domain.readiness.requirements import RequirementStatus
from zoneplanner.errors import UserError
from zoneplanner.exchange.sandbox.picture_reader import read_picture
from zoneplanner.storage.attachments import Attachment

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
PAGE = {"site": "r1c1", "on": "2026-11-02", "review_on": "2027-11-02", "role": "Principal"}


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(project_from("AAB / aab"), now=NOW)


def attach(session: Session, **columns: str) -> str:
    points = ";".join(place_around(session.saved_project, "r1c1"))
    return log_campus_page(session, {**PAGE, "points": points, **columns}, create_attachment()).uid


def read_here(path: Path, page: int = 1) -> Attachment:
    """Read like the sandboxed process, but in this one."""
    (found,) = read_picture(path, path.name, page=page)
    return Attachment(found["media_type"], b64decode(found["data"]))


def test_a_pdf_page_is_stored_as_an_image_without_its_author(
    session: Session, tmp_path: Path
) -> None:
    plan = write_pdf(tmp_path / "plan.pdf")
    second = read_drawn_picture(session, plan, 2)
    assert second == read_here(plan, 2) != read_here(plan)
    assert max(second.size_px) == 2400 and b"Secretauthor" not in second.data
    with refused("no_such_page", page=3, pages=2):
        read_here(plan, 3)
    photo = tmp_path / "photo.jpg"
    Image.effect_noise((2500, 50), 90).convert("RGB").save(photo)
    kept = read_here(photo)
    assert (kept.media_type, kept.size_px) == ("image/jpeg", (2400, 48))


@pytest.mark.parametrize("content", [b"%PDF-1.7 nothing", b"no picture", b"\x89PNG\r\n\x1a\nIHDR"])
def test_a_file_that_is_not_a_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "plan.pdf").write_bytes(content)
    with refused("unreadable_file.picture", file="plan.pdf"):
        read_here(tmp_path / "plan.pdf")


def test_three_points_place_a_page_under_a_grid_of_round_squares(session: Session) -> None:
    attach(session)
    page = list_campus_pages(session)["r1c1"]
    placed = read_placed_picture(session, page)
    site = session.saved_project.sites["r1c1"]
    assert placed.placement is not None
    assert placed.placement.to_ground(0.5, 0.5) == pytest.approx(site.position, abs=0.1)
    assert placed.placement.to_picture(*site.position) == pytest.approx((0.5, 0.5), abs=1e-3)
    assert placed.placement.width_m == pytest.approx(300, abs=0.1)
    assert placed.placement.north_deg == pytest.approx(0, abs=0.1)
    assert placed.stretch == pytest.approx(1, abs=0.01) and not placed.is_stretched
    assert placed.grid.step_ft == 100
    assert placed.grid.name_square(0.01, 0.01) == "A1"
    assert placed.grid.name_square(0.999, 0.999) == "J7"
    assert [one.id for one in list_sites_without_page(session, {"r1c1": page})] == [
        site.id for site in session.saved_project.patrolled if site.id != "r1c1"
    ]


def test_invalid_points_are_refused_and_a_stretched_drawing_is_flagged(
    session: Session,
) -> None:
    points = place_around(session.saved_project, "r1c1")
    with refused("control_points.count", count=2, needed=3):
        attach(session, points=";".join(points[:2]))
    with refused("control_points.in_line"):
        attach(session, points=";".join([*points[:2], points[1]]))
    exchanged = [
        f"{own.split(' ', 2)[0]} {own.split(' ', 2)[1]} {other.split(' ', 2)[2]}"
        for own, other in zip(points, (points[0], points[2], points[1]), strict=True)
    ]
    with refused("control_points.mirrored"):
        attach(session, points=";".join(exchanged))
    with refused("not_a_control_point", text="5 5 38 -121"):
        attach(session, points="5 5 38 -121")
    assert list_campus_pages(session) == {}
    wide = place_around(session.saved_project, "r1c1", width_m=600)
    attach(session, points=";".join(wide))
    placed = read_placed_picture(session, list_campus_pages(session)["r1c1"])
    assert placed.is_stretched and placed.stretch == pytest.approx(2, abs=0.02)


def test_a_page_becomes_due_again_and_verifying_keeps_its_picture(session: Session) -> None:
    with refused("no_campus_page"):
        log_campus_page(session, PAGE)
    attach(session, on="2025-11-02", review_on="2026-11-02")

    def due() -> list[tuple[str, RequirementStatus, date | None]]:
        items = compute_readiness(session).items
        return [(one.site, one.status, one.due_on) for one in items if one.kind == "campus_page"]

    assert due() == [("r1c1", RequirementStatus.OVERDUE, date(2026, 11, 2))]
    log_campus_page(session, PAGE)
    page = list_campus_pages(session)["r1c1"]
    assert page.picture == create_attachment().sha256 and len(page.points) == 3
    assert page.on == date(2026, 11, 2) and due() == []
    assert list_campus_pages(session, date(2026, 1, 1))["r1c1"].on == date(2025, 11, 2)
    for uid in ("z", "a"):  # of one day the one that was logged last stands
        log_campus_page(session, {**PAGE, "uid": uid})
        assert list_campus_pages(session)["r1c1"].uid == uid


def test_an_unused_picture_is_deleted_and_a_changed_one_is_detected(
    session: Session,
) -> None:
    uid = attach(session)
    other = Attachment("image/png", draw_png(500, 500))
    log_record(session, "campus_page", {"void": uid, "reason": "wrong file"})
    log_campus_page(session, PAGE, other)
    assert session.store.attachment(create_attachment().sha256) is None
    assert session.store.attachment(other.sha256) == other
    assert session.store.verify().ok
    with session.store._backend.writing() as connection:  # as another program would
        connection.exec_driver_sql("UPDATE attachment SET data = x'00'")
    assert {one.code for one in session.store.verify().findings} == {"attachment"}
    with refused("no_campus_page.picture_gone"):
        read_placed_picture(session, list_campus_pages(session)["r1c1"])
    content = collect_edition(session, HandoutRequest("law-enforcement", NOW))
    assert "campus-pages.pdf" in render_edition(content, only=["campus-pages"])


@pytest.mark.parametrize("given", [b"", b"GIF89a", b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff"])
def test_only_our_own_picture_format_is_stored(session: Session, given: bytes) -> None:
    with pytest.raises(UserError):
        session.store.attach(Attachment("image/png", given), keep=())


def test_campus_pages_are_published_to_responders_only(session: Session) -> None:
    attach(session)
    for audience in ("public", "staff"):
        content = collect_edition(session, HandoutRequest(audience, NOW))
        assert content.campus_pages == ()
        with refused("not_for_audience", document="campus-pages"):
            render_edition(content, only=["campus-pages"])
    for audience in ("law-enforcement", "own"):
        content = collect_edition(session, HandoutRequest(audience, NOW))
        (pdf,) = render_edition(content, only=["campus-pages"]).values()
        assert len(PdfReader(BytesIO(pdf)).pages[0].images) == 1
        assert "dot: the school’s place" in PdfReader(BytesIO(pdf)).pages[0].extract_text()


def test_a_drawing_off_the_school_has_no_dot_in_its_legend(session: Session) -> None:
    """Its legend used to explain a missing dot."""
    attach(session)
    site = session.saved_project.sites["r1c1"]
    far = replace(site, x_m=site.x_m + 5_000)
    session.apply("Move", lambda one: replace(one, sites={**one.sites, "r1c1": far}))
    content = collect_edition(session, HandoutRequest("own", NOW))
    (pdf,) = render_edition(content, only=["campus-pages"]).values()
    text = PdfReader(BytesIO(pdf)).pages[0].extract_text()
    assert "dot:" not in text and "IS NOT ON THIS DRAWING" in text
