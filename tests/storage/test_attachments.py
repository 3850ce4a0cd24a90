"""Attached pictures are stored by hash, in a file and on a server."""

from builders import refused
from pictures import create_attachment, draw_png
from two_homes import Home, OnServer

from zoneplanner.storage.attachments import Attachment


def test_a_picture_is_stored_once_until_no_record_refers_to_it(home: Home) -> None:
    first, other = create_attachment(), Attachment("image/png", draw_png(300, 300))
    with home.open() as store:
        sha256 = store.attach(first, keep=())
        assert store.attach(first, keep=()) == sha256 == first.sha256
        assert home.rows("SELECT count(*) FROM attachment") == [(1,)]
        store.attach(other, keep=[sha256])
    with home.open("Officer B", read_only=True) as store:
        assert store.attachment(sha256) == first and store.attachment(other.sha256) == other
        assert store.attachment("0" * 64) is None
        assert not [one for one in store.verify().findings if one.code == "attachment"]
    if isinstance(home, OnServer):
        with home.open("Dispatch D") as store, refused("role_may_not.edit"):
            store.attach(other, keep=())
    with home.open() as store:
        store.attach(other, keep=())
        assert store.attachment(sha256) is None
    home.run("DELETE FROM attachment")
