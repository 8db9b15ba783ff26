"""Whatever happens to those who wait, every wait ends, under its own request, and nothing is lost of the pool."""

from __future__ import annotations

import asyncio

from anyio import CapacityLimiter
from hypothesis import given
from hypothesis import strategies as st
from waiting import begun

import wxtrace
from wxtrace.testing import capture_records

TAKERS = st.lists(
    st.tuples(
        st.integers(0, 3),  # steps of the loop before the taker comes
        st.integers(0, 3),  # steps for which it keeps its token
        st.none() | st.integers(0, 6),  # steps after which it is cancelled
    ),
    max_size=12,
)


async def steps(number):
    """Let the loop turn *number* times."""
    for _ in range(number):
        await asyncio.sleep(0)


async def take(limiter, openid, before, kept, cancelled):
    """Take a token for a request, and be cancelled if need be."""

    async def job():
        """Take it."""
        with wxtrace.span("logic", "menu", openid):
            async with limiter:
                await steps(kept)

    await steps(before)
    task = begun(openid, job)
    if cancelled is not None:
        await steps(cancelled)
        task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@given(tokens=st.integers(1, 3), takers=TAKERS)
def test_takers_that_come_and_go(tokens, takers):
    """Takers that come, wait, are cancelled and leave in any order leave no wait open, and all tokens free."""

    async def run():
        """Act it out in a loop."""
        limiter = CapacityLimiter(tokens)
        await asyncio.gather(*(take(limiter, f"o{number}", *taker) for number, taker in enumerate(takers)))
        return limiter.statistics()

    with capture_records() as captured:
        left = asyncio.run(run())

    assert (0, 0, []) == (left.borrowed_tokens, left.tasks_waiting, captured.open)
    above = {span.span_id: span.name for span in captured.spans}
    waits = [span for span in captured.spans if span.layer == "wait"]
    assert [span.openid for span in waits] == [above[span.parent_span_id] for span in waits]
