"""The waterfall of a page under a mouse: cards, folds, zoom."""

from __future__ import annotations

import pytest


def row(page, name):
    """Return the first row of the first waterfall whose name holds *name*."""
    return page.locator(".chart").first.locator("tbody tr", has_text=name).first


def ticks(page):
    """Return what stands at the ticks of the first axis."""
    return page.locator("svg.grid").first.locator("text").all_text_contents()


def names(page):
    """Return the names of the rows that the first waterfall shows."""
    return page.locator(".chart").first.locator("tbody tr .name").all_inner_texts()


def place(element):
    """Bring an element into the window, and return where it is."""
    element.scroll_into_view_if_needed()
    return element.bounding_box()


def shown(page):
    """Return the stretch that the first chart shows, in seconds."""
    chart = page.locator(".chart").first
    return tuple(int(chart.get_attribute(f"data-{end}")) / 10**9 for end in ("from", "to"))


def test_hovering_shows_a_card(case):
    """It has the figures of the span under the mouse, and goes with the mouse."""
    row(case, "waited for a connection").locator(".name").hover()
    case.locator("#card:visible").wait_for()
    card = case.locator("#card").inner_text()
    case.mouse.move(2, 2)
    case.locator("#card").wait_for(state="hidden")

    assert [] == [
        figure for figure in ("waited for a connection", "pool mysql", "wait", "0.31") if figure not in card
    ]


def test_a_focused_row_shows_its_card(case):
    """As hovering does; it tells the attributes, and of a failed span its status."""
    row(case, "template/send").focus()
    case.locator("#card:visible").wait_for()
    card = case.locator("#card").inner_text()

    assert [] == [
        text for text in ("server.address", "api.weixin.qq.com", "502", "HTTPStatusError") if text not in card
    ]


def test_a_click_pins_the_card(case):
    """It stays when the mouse leaves, until it is closed; what then lies under the mouse does not bring it back."""
    case.clock.install()
    row(case, "waited for a connection").locator(".name").click()
    case.mouse.move(2, 2)
    row(case, "on_click").locator(".name").hover()
    pinned = case.locator("#card.pinned").inner_text()
    case.locator("#card #close").click()
    case.clock.run_for(1000)

    assert "waited for a connection" in pinned
    assert case.locator("#card").is_hidden()


def test_folding_hides_what_is_below(case):
    """A click on the twisty leaves the row itself; another brings all back."""
    before = names(case)
    row(case, "on_click").locator(".twisty").click()
    folded = names(case)
    row(case, "on_click").locator(".twisty").click()

    assert (2, before) == (len(folded), names(case))
    assert len(before) > 6


def test_a_row_of_many_unfolds_to_all_of_them(case):
    """Queries that are alike stand in one row with how many they are; it unfolds to each of them."""
    group = case.locator("tr.group").first
    times = int(group.locator(".times").inner_text().strip().removeprefix("×"))
    before = len(names(case))
    group.locator(".twisty").click()

    assert times == len(names(case)) - before
    assert times > 200


def test_all_fold_and_all_unfold(case):
    """Two buttons do it for the whole page."""
    case.locator("#unfold").click()
    unfolded = len(names(case))
    case.locator("#fold").click()

    assert unfolded > 230
    assert ["asgi POST /callback", "reply.menu on_click 我的优惠券"] == names(case)


def test_zooming_in_shows_less_of_the_time(case):
    """Buttons zoom in, out and back to the whole; the axis says what is shown."""
    whole, at_first = shown(case), ticks(case)
    for _ in range(3):
        case.locator(".zoom .in").first.click()
    nearer, axis = shown(case), ticks(case)
    case.locator(".zoom .whole").first.click()

    assert (whole, at_first) == (shown(case), ticks(case))
    assert ((0, 5.62), ["0", "1 s", "2 s", "3 s", "4 s", "5 s"]) == (whole, at_first)
    assert (5.62 * 7 / 16, 5.62 * 9 / 16) == pytest.approx(nearer, abs=1e-6)
    assert ["2.6 s", "2.8 s", "3.0 s"] == axis


def test_dragging_zooms_to_a_stretch(case):
    """What is dragged over fills the width; a double click gives the whole back."""
    bars = place(row(case, "on_click").locator("td.bar"))
    case.mouse.move(bars["x"] + bars["width"] / 4, bars["y"] + bars["height"] / 2)
    case.mouse.down()
    case.mouse.move(bars["x"] + bars["width"] / 2, bars["y"] + bars["height"] / 2, steps=5)
    case.mouse.up()
    dragged = shown(case)
    row(case, "on_click").locator("td.bar").dblclick()

    assert dragged == pytest.approx((5.62 / 4, 5.62 / 2), abs=0.1)
    assert (0, 5.62) == shown(case)


def test_a_zoomed_bar_is_as_wide_as_its_part(case):
    """The wheel with Ctrl zooms, and bars grow with the zoom."""
    bar = row(case, "waited for a connection").locator("td.bar rect").first
    before = bar.bounding_box()["width"]
    cell = place(row(case, "waited for a connection").locator("td.bar"))
    case.mouse.move(cell["x"] + 2, cell["y"] + cell["height"] / 2)
    case.keyboard.down("Control")
    case.mouse.wheel(0, -300)
    case.keyboard.up("Control")
    case.wait_for_function("Number(document.querySelector('.chart').dataset.to) < 5e9")
    begin, end = shown(case)

    assert bar.bounding_box()["width"] == pytest.approx(before * 5.62 / (end - begin), rel=0.1)
