"""A page by the keyboard alone."""

from __future__ import annotations

FOCUSED = "document.activeElement"
NAME = "document.activeElement.querySelector('.name')?.textContent"


def press(page, *keys):
    """Press keys, one after the other."""
    for key in keys:
        page.keyboard.press(key)


def enter(page):
    """Put the focus into the first waterfall by Tab alone."""
    for _ in range(60):
        press(page, "Tab")
        if page.evaluate(f"{FOCUSED}.tagName") == "TR":
            return


def test_tab_reaches_the_waterfall_once(case):
    """One of its rows is in the order of Tab, and no other."""
    enter(case)

    assert "POST /callback" in case.evaluate(NAME)
    assert 1 == case.locator("table.waterfall").first.locator("tr[tabindex='0']").count()


def test_arrows_walk_the_tree(case):
    """Down and up walk the rows, right and left go in and out, fold and unfold; Home and End go to the ends."""
    enter(case)
    press(case, "ArrowDown")
    down = case.evaluate(NAME)
    press(case, "ArrowLeft")
    folded = case.evaluate(f"{FOCUSED}.getAttribute('aria-expanded')")
    press(case, "ArrowRight")
    unfolded = case.evaluate(f"{FOCUSED}.getAttribute('aria-expanded')")
    press(case, "ArrowRight")
    below = case.evaluate(f"{FOCUSED}.getAttribute('aria-level')")
    press(case, "ArrowLeft", "End", "Home")

    assert "on_click" in down
    assert ("false", "true", "3") == (folded, unfolded, below)
    assert "POST /callback" in case.evaluate(NAME)


def test_enter_pins_the_card_and_escape_gives_the_row_back(case):
    """The focus goes into the card, and back to where it was."""
    enter(case)
    press(case, "ArrowDown", "Enter")
    inside = case.evaluate(f"{FOCUSED}.closest('#card') !== null")
    press(case, "Escape")

    assert (True, True) == (inside, case.locator("#card.pinned").count() == 0)
    assert "on_click" in case.evaluate(NAME)


def test_the_zoom_has_keys(case):
    """Plus, minus and nought zoom, arrows with Shift move what is shown."""
    chart = case.locator(".chart").first
    spans = []
    enter(case)
    for keys in (["+"], ["+"], ["Shift+ArrowRight"], ["-"], ["0"]):
        press(case, *keys)
        spans.append((int(chart.get_attribute("data-from")), int(chart.get_attribute("data-to"))))
    lengths = [end - begin for begin, end in spans]

    assert lengths[0] > lengths[1] == lengths[2] < lengths[3] < lengths[4] == 5_620_000_000
    assert spans[1][0] < spans[2][0]


def test_slash_searches_from_anywhere(case):
    """Slash goes to the search box, Enter to the next hit, Escape to its row, and n and N from there."""
    press(case, "/")
    case.keyboard.type("reminder.failed")
    counts, boxes = [case.locator("#count").inner_text()], [case.evaluate(f"{FOCUSED}.id")]
    for key in ("Enter", "Escape", "n", "Shift+N"):
        press(case, key)
        counts.append(case.locator("#count").inner_text())
        boxes.append(case.evaluate(f"{FOCUSED}.id || {FOCUSED}.matches('.hit.now')"))

    assert ["1 of 2", "2 of 2", "2 of 2", "1 of 2", "2 of 2"] == counts
    assert ["search", "search", True, True, True] == boxes
    assert "reminder.failed" == case.locator("#search").input_value()


def test_escape_on_a_hit_ends_the_search(case):
    """The first Escape leaves the box, the second one clears it, and the row keeps the focus and its place."""
    press(case, "/")
    case.keyboard.type("reminder.failed")
    press(case, "Escape")
    before, at = case.locator("tr.hit").count(), case.evaluate("scrollY")
    press(case, "Escape")

    assert (2, 0, "") == (before, case.locator("tr.hit").count(), case.locator("#search").input_value())
    assert (at, True) == (case.evaluate("scrollY"), "reminder.failed" in case.evaluate(NAME))


def test_escape_after_a_search_in_vain_gives_the_row_back(case):
    """Where nothing was found the box is emptied, and the focus is where it was."""
    enter(case)
    press(case, "/")
    case.keyboard.type("nowhere")
    press(case, "Escape")

    assert ("", "") == (case.locator("#search").input_value(), case.locator("#count").inner_text())
    assert "POST /callback" in case.evaluate(NAME)


def test_n_goes_from_hit_to_hit(case):
    """With the focus on each row that is found, forwards and with Shift back."""
    enter(case)
    press(case, "/")
    case.keyboard.type("mysql SELECT")
    press(case, "Shift+Tab")
    enter(case)
    press(case, "n")
    second = case.evaluate(NAME)
    press(case, "Shift+N")

    assert "mysql SELECT coupon" in second
    assert "mysql SELECT fan" in case.evaluate(NAME)


def test_a_star_unfolds_all(case):
    """Every coupon's query is there then."""
    enter(case)
    press(case, "*")

    assert case.locator(".chart").first.locator("tr").count() > 230
