"""Replies in time that WeChat does not take, and one that it does."""

from __future__ import annotations

from scenarios.replies import FORMS, QUOTED_SUCCESS, switched
from scenarios.server import Server
from scenarios.stage import Played, Stage
from scenarios.truth import Truth
from wxtrace.demo.alarm import alarm
from wxtrace.demo.pushes import Push
from wxtrace.demo.sender import Attempt


async def status_201(stage: Stage) -> Played:
    """A framework's own idea of a good reply to a POST."""
    server = await stage.server()
    async with stage.others(server.way):
        push = stage.wechat.push()
        return await _spoiled(stage, server, push, f"reply:{push.openid}:201", "status 201")


async def quoted_success(stage: Stage) -> Played:
    """A framework has made JSON of the word."""
    server = await stage.server()
    async with stage.others(server.way):
        push = stage.wechat.push()
        return await _spoiled(stage, server, push, switched(push.openid, QUOTED_SUCCESS), "quoted success")


async def bad_reply(stage: Stage) -> Played:
    """One of the other ways in which a reply can be wrong."""
    server, form = await stage.server(), stage.one_of(*FORMS)
    async with stage.others(server.way):
        push = stage.wechat.push(stage.random.choice(form.kinds), stage.random.choice(form.modes))
        fault = switched(push.openid, form.compose(stage.account, push))
        return await _spoiled(stage, server, push, fault, form.name)


async def _spoiled(stage: Stage, server: Server, push: Push, fault: str, form: str) -> Played:
    server.fault(fault)
    delivery = await stage.wechat.deliver(push, server.way)
    await server.until_over(push, delivery.reached(server.way))
    truth = Truth("refused_reply", drawn=delivery.drawn(form=form))
    return stage.played(truth, delivery, server)


async def healthy(stage: Stage) -> Played:
    """Nothing is wrong with the push that is looked up: the alarm is for another one."""
    server = await stage.server()
    async with stage.others(server.way):
        delivery = await stage.wechat.deliver(stage.wechat.push(), server.way)
        await server.until_over(delivery.push, 1)
    answered = delivery.sent[0]
    another = Attempt(answered.attempt.start_ns, None, b"", timed_out=True)
    entrance = stage.wechat.entrance(answered.way, answered.source)
    text = alarm(stage.account, delivery.push, another, entrance, 1)
    return Played(Truth("replied", drawn=delivery.drawn(), taken=1), text, (server.store,))
