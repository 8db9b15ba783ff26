"""Search on a page: in names, attributes, log lines; it counts, goes from hit to hit, opens what is folded."""

from __future__ import annotations

import pytest

WHERE = {
    "waited for a connection": "a name",
    "WAITED FOR": "a name, however it is written",
    "ends_at": "a query",
    "server.address": "an attribute's name",
    "coupons.loaded": "a log line",
    "remote/messages.py": "a traceback's place",
    "优惠券": "Chinese",
    "coupons.loaded count=230": "a log line with a value of it, which are two fields",
    "select  coupon\n": "words, whatever is between them",
}


def count(page):
    """Return what is counted: the number of the hit, and how many there are."""
    now, most = page.locator("#count").inner_text().split(" of ")
    return int(now), int(most)


def search(page, text):
    """Type *text* into the search box, and return what is counted."""
    page.locator("#search").fill(text)
    return count(page)


@pytest.mark.parametrize("text", WHERE, ids=WHERE.values())
def test_it_looks_everywhere(case, text):
    """What is found is marked, shown, and counted."""
    now, most = search(case, text)

    assert 1 <= now <= most
    assert case.locator("tr.hit.now").is_visible()


def test_what_is_folded_is_opened(case):
    """All coupons' queries of both slow attempts are found, though they are folded into one row each."""
    assert 460 <= search(case, "SELECT coupon")[1]
    case.keyboard.press("Enter")

    assert case.locator("tr.hit.now").is_visible()


def test_a_hit_in_another_attempt_opens_that_attempt(case):
    """Only the last attempt asks Redis for coupons; it is folded at first."""
    search(case, "GET coupons")

    assert case.locator(".attempt").nth(2).locator("tr.hit.now").is_visible()


def test_it_goes_from_hit_to_hit_and_round(case):
    """Next, previous, and from the last to the first."""
    first, most = search(case, "reminder.failed")
    seen = [first]
    for button in ("#next", "#next", "#previous"):
        case.locator(button).click()
        seen.append(count(case)[0])

    assert (2, [1, 2, 1, 2]) == (most, seen)


def test_nothing_found_is_said(case):
    """No hit is marked, and the count says none."""
    case.locator("#search").fill("no such thing anywhere")

    assert ("not found", 0) == (case.locator("#count").inner_text(), case.locator("tr.hit").count())


def test_an_emptied_search_marks_nothing(case):
    """Escape on the row of the hit clears the box, the marks and the count."""
    search(case, "coupon")
    case.locator("#search").press("Escape")
    case.locator("tr.hit.now").press("Escape")

    assert ("", "", 0) == (
        case.locator("#search").input_value(),
        case.locator("#count").inner_text(),
        case.locator("tr.hit").count(),
    )
