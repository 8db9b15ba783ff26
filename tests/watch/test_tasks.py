"""Whose a task is."""

from __future__ import annotations

import asyncio

import pytest
from hanging import LOOPS, run

from wxtrace.tag import Request, bind, unbind
from wxtrace.watch.tasks import Owned, owned_tasks, request_of


@pytest.mark.parametrize("new_loop", LOOPS)
def test_a_task_is_of_the_request_in_whose_context_it_was_made(new_loop):
    """Tasks of a request, and tasks of these, are its own; tasks of nobody are counted."""

    async def child():
        """Wait."""
        await asyncio.sleep(3600)

    async def parent():
        """Make a child."""
        await asyncio.create_task(child(), name="child")

    async def main():
        """Make tasks for two requests and for none."""
        first, second = Request(), Request()
        for request, name in ((first, "first"), (second, "second")):
            bound = bind(request)
            kept.append(asyncio.create_task(parent(), name=name))
            unbind(bound)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        owned = await asyncio.to_thread(owned_tasks, [asyncio.get_running_loop()], [first])
        whose = [request_of(task) for task in (*kept, asyncio.current_task())]
        return owned, whose == [first, second, None]

    kept = []
    owned, is_known = run(main(), new_loop)

    assert ([["child", "first"]], 1, True) == (
        [sorted(task.get_name() for task in tasks) for tasks in owned.by_request.values()],
        owned.nobodys,
        is_known,
    )


def test_a_loop_whose_tasks_cannot_be_counted_has_none(monkeypatch):
    """Where tasks come and go so fast that asyncio gives up, nothing is said, and nothing raised."""

    def refuse(loop):
        """Give up."""
        raise RuntimeError

    monkeypatch.setattr(asyncio, "all_tasks", refuse)

    assert Owned({}, 0) == owned_tasks([None], [])
