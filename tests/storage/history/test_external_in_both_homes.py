"""Another program's changes are accepted or undone, in a file and on a server."""

from storage_samples import LATER, to_plain
from two_homes import Home

from zoneplanner.app.session.session import Session


def test_another_programs_change_is_settled_once(home: Home) -> None:
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
        ("c",): True,  # another program touched the table and left a trace
    }
    session.undo()
    assert to_plain(session.state.saved_project) == to_plain(before)
    session.close()
    with home.open() as store:
        assert to_plain(store.project()) == to_plain(before)
        assert store.external == ()
        assert store.verify().ok
