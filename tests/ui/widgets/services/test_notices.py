"""The bar at the top of the map."""

from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.ui.widgets.services.ui_context import UiContext


def test_a_user_error_is_shown_with_its_details_folded(desk: UiContext) -> None:
    def refuse() -> None:
        raise UserError("visit_begun", {"file": "a.gpkg"})

    assert not desk.attempt(refuse)
    bar = desk.notices
    assert bar.isVisible() and bar.text.text() == str(Message("visit_begun"))
    assert not bar.details.isVisible()
    bar.more.click()
    assert bar.details.isVisible() and "a.gpkg" in bar.details.text()


def test_an_offer_can_be_used_once(desk: UiContext) -> None:
    taken: list[str] = []
    desk.notices.show_notice("Moved.", offer="Undo", on_offer=lambda: taken.append("undone"))
    desk.notices.offer.click()
    desk.notices.offer.click()
    assert taken == ["undone"]
    assert not desk.notices.isVisible()
