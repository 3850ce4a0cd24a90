"""Names of units beside their numbers."""

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
def test_only_a_number_that_names_the_unit_itself_stands_for_the_digits_of_its_name(
    name: str, number: str, beside: str
) -> None:
    assert name_unit_beside(name, number) == beside
