"""A unit's name next to its number."""

import pytest

from zoneplanner.domain.units import name_unit_beside


@pytest.mark.parametrize(
    ("name", "number", "beside"),
    [
        ("Sheriff's deputy 1", "S1", "Sheriff's deputy"),
        ("School resource officer 2", "SRO2", "School resource officer"),
        ("X Deputy 1", "Z1", "X Deputy 1"),
        ("SRO 3", "3", "SRO 3"),
        ("Sheriff's deputy 1", "Z1", "Sheriff's deputy 1"),
        ("Unit 12", "U2", "Unit 12"),
        ("Unit A", "A", "Unit A"),
    ],
)
def test_a_unit_name_drops_the_digits_that_its_number_repeats(
    name: str, number: str, beside: str
) -> None:
    assert name_unit_beside(name, number) == beside
