"""Names that are not taken."""

from zoneplanner.app.plans.zone_proposals import make_unique_name


def test_a_taken_name_gets_the_first_free_number() -> None:
    assert make_unique_name("Plan", {"Plan", "Plan 2"}) == "Plan 3"
