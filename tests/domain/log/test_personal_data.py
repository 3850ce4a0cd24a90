"""Free text that looks like personal data is flagged; ordinary words of the log are not."""

from dataclasses import replace

import pytest
from builders import project_from

from zoneplanner.domain.log.personal_data import (
    collect_known_words,
    count_entries_with_personal_data,
    find_personal_data,
    find_personal_data_in_entry,
)
from zoneplanner.messages import Message


@pytest.mark.parametrize(
    ("text", "what", "flagged"),
    [
        ("talked to Jane Doe at the gate", "name", "Jane Doe"),
        ("Ms. Rivera opened the door", "name", "Ms. Rivera"),
        ("José Álvarez-Núñez came", "name", "José Álvarez-Núñez"),
        ("call 916-555-0199 back", "phone", "916-555-0199"),
        ("call (916) 555-0199 back", "phone", "(916) 555-0199"),
        ("write to someone@example.org", "email", "someone@example.org"),
        ("DOB 4/12/2011", "birth_date", "DOB 4/12/2011"),
        ("came on 04/12/2011", "date", "04/12/2011"),
        ("student 4417723", "number", "4417723"),
        ("123-45-6789", "ssn", "123-45-6789"),
    ],
)
def test_text_that_looks_like_personal_data_is_flagged(text: str, what: str, flagged: str) -> None:
    assert find_personal_data(text) == (Message(f"personal_data.{what}", text=flagged),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Fire drill in 6 minutes, two exits blocked",
        "Main Gate was open; Front Office told",
        "Deputy on S3 stayed until 15:40",
        "Monday Lunch window, 230 students",
        "Reference C-2026-014",
        "Room 12B, code 10-4",
        "Evacuate to North Campus after the Second Lunch",
        "Evacuate to Carmichael Recreation and Park District",
        "Met at Carmichael Recreation with Fulton Rotary and the Arden Kiwanis",
    ],
)
def test_ordinary_words_are_not_flagged(text: str) -> None:
    assert find_personal_data(text) == ()


def test_the_districts_own_place_names_are_not_flagged() -> None:
    project = project_from("A / a")
    known = collect_known_words(project)
    assert find_personal_data("School Fair Oaks Sheriff", known) == ()
    assert find_personal_data("Jane Doe of Fair Oaks", known)
    assert (
        find_personal_data("Checked Fair Oaks Boulevard, Fair Oaks Walmart, Sheriff Gate", known)
        == ()
    )


def test_part_of_a_schools_name_does_not_hide_a_person() -> None:
    project = project_from("A / a")
    site = replace(project.patrolled[0], name="John Barrett Middle")
    known = collect_known_words(replace(project, sites={**project.sites, site.id: site}))
    assert find_personal_data("Checked John Barrett Middle, John Barrett gym", known) == ()
    assert find_personal_data("spoke with John Rivers", known) == (
        Message("personal_data.name", text="John Rivers"),
    )


def test_a_birth_date_is_flagged_once() -> None:
    assert len(find_personal_data("born 2011-04-12")) == 1


def test_every_free_text_of_an_entry_is_checked() -> None:
    project = project_from("A / a")
    payload = {"strengths": "Jane Doe was quick", "note": "call 916-555-0199", "minutes": 6}
    assert len(find_personal_data_in_entry(payload, project)) == 2


def test_a_long_text_is_checked() -> None:
    assert find_personal_data("a b " * 20_000 + "Jane Doe")


def test_many_flagged_entries_give_a_count_and_three_examples() -> None:
    notes = ["quiet", "Jane Doe", "call 916-555-0199", "a@example.org", "DOB 4/12/2011", "Jane Doe"]
    count, told = count_entries_with_personal_data(
        ({"note": note, "minutes": 6} for note in notes), project_from("A")
    )
    assert count == 5
    assert len(told) == 3
    assert told[0].facts == {"text": "Jane Doe"}


def test_a_type_shared_by_calls_is_not_taken_for_a_name() -> None:
    project = project_from("A")
    types = ["Medical Aid", "Welfare Check", "Susp Circ", "Loud Muffler", "Loud Muffler"]
    assert count_entries_with_personal_data(({"type": one} for one in types), project) == (0, ())
    notes = [{"type": "Fight", "note": "Jane Doe"}] * 2 + [{"type": "Jane Doe"}]
    assert count_entries_with_personal_data(notes, project)[0] == 3
