"""How numbers, times and places are written."""

from datetime import UTC, datetime

import pytest
from builders import OpenSession, project_from
from sentences import says

from zoneplanner.domain.geography.site import SiteJurisdiction
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.messages import Message
from zoneplanner.ui.widgets.style import value_text

PROJECT = project_from("A / a")


@pytest.mark.parametrize(("value", "shown"), [(12.34, "+12.3"), (-0.06, "−0.1"), (0.04, "–")])
def test_a_difference_has_a_sign(value: float, shown: str) -> None:
    assert value_text.format_difference(value) == shown


@pytest.mark.parametrize(("value", "good", "shown"), [(2, False, "▼ +2.0"), (-2, True, "▲ −2.0")])
def test_the_arrow_shows_whether_a_difference_is_good(value: float, good: bool, shown: str) -> None:
    assert value_text.format_difference(value, good=good) == shown


def test_shares_are_percentages_with_a_true_minus_sign() -> None:
    assert value_text.format_share(-0.2871, signed=True) == "−28.7%"
    assert value_text.format_share(-0.0004, signed=True) == "+0.0%"
    assert value_text.format_share(None) == "–"


def test_times_use_the_projects_time_zone_and_the_desks_format(
    open_session: OpenSession,
) -> None:
    session = open_session(PROJECT)
    at = datetime(2026, 11, 16, 15, 5, tzinfo=UTC)
    earlier = datetime(2026, 11, 12, 23, 0, tzinfo=UTC)
    assert value_text.format_moment(at, session) == "Today 07:05"
    assert value_text.format_moment(earlier, session) == "Thu 12 Nov 15:00"
    session.formats = US_FORMATS
    assert value_text.format_moment(at, session) == "Today 7:05 AM"
    assert value_text.format_moment(earlier, session) == "Thu, Nov 12, 3:00 PM"


def test_a_site_near_a_boundary_is_flagged_for_a_manual_check(open_session: OpenSession) -> None:
    session = open_session(PROJECT)
    near = value_text.describe_jurisdiction(session, SiteJurisdiction("county", 40.0))
    flagged = Message("site_place.near_line", place="County", away_m=40.0)
    assert near == flagged.say(session.formats)
    far = value_text.describe_jurisdiction(session, SiteJurisdiction("county", 4000.0))
    assert says(far, "site_place", place="County") and not says(far, "site_place.near_line")
    by_hand = value_text.describe_jurisdiction(
        session, SiteJurisdiction("city", 40.0, decided=True)
    )
    assert by_hand == str(Message("site_place.decided", place="City"))


def test_a_meaningless_bound_is_not_shown_as_a_number() -> None:
    assert value_text.summarize_proof(0.9) == str(Message("proof.unknown"))
    assert value_text.summarize_proof(0.018) == str(Message("proof.gap", gap=0.018))
    assert value_text.summarize_proof(0.0) == str(Message("proof.best"))
