"""What another program changed is kept or put back in a file and on a server alike."""

from storage_samples import LATER, plain
from two_homes import Home

from zoneplanner.app.session.session import Session


def test_what_another_program_changed_is_settled_once(home: Home) -> None:
    with home.open() as store:
        before = store.project()
    home.run("UPDATE site SET note = 'north gate' WHERE id = 'b'")
    home.run("UPDATE site SET name = '' WHERE id = 'a'")
    home.run("UPDATE site SET note = 'forged', row_version = 7 WHERE id = 'c'")
    session = Session(home.open(), actor="Officer A", desk="desk 1", clock=lambda: LATER)
    sites = session.state.saved_project.sites
    assert (sites["a"].name, sites["b"].note) == (before.sites["a"].name, "north gate")
    assert {one.change.key: one.fault is None for one in session.external} == {
        ("a",): False,
        ("b",): True,
        ("c",): True,  # its table was touched by another program that left a trace
    }
    session.undo()
    assert plain(session.state.saved_project) == plain(before)
    session.close()
    with home.open() as store:
        assert plain(store.project()) == plain(before)
        assert store.external == ()
        assert store.verify().ok
