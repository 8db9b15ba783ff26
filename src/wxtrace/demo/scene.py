"""
The demo from beginning to end.

    drawn → server up → pushes, one of them slow → alarm → lookup → the truth
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from wxtrace.demo.alarm import timeout_alarm
from wxtrace.demo.customers import serving_customers
from wxtrace.demo.fault import Fault, draw_fault
from wxtrace.demo.lookup import command, look_up, lookup_of
from wxtrace.demo.options import Options
from wxtrace.demo.pushes import (
    KINDS,
    MODES,
    PATH,
    Account,
    Push,
    draw_account,
    draw_openid,
    make_push,
    verification,
)
from wxtrace.demo.sender import Attempt, Sender
from wxtrace.demo.server import ServerFailed, free_port, serving
from wxtrace.demo.words import words
from wxtrace.store.paths import is_url

_READY_WITHIN = 30.0
_SETTLE = 0.5


@dataclass(frozen=True, slots=True)
class Scene:
    """What was drawn for one run: the account, who is slow and for whom, where things are."""

    options: Options
    random: Random
    account: Account
    fault: Fault
    mode: str
    openid: str
    port: int
    store: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What the sender knows when all is sent: the slow push, its failed attempts, how many others were answered."""

    push: Push
    failed: int
    answered: int


def draw(options: Options) -> Scene:
    """Draw a run; the same seed draws the same, but for the port and the time."""
    random = Random(options.seed)
    return Scene(
        options=options,
        random=random,
        account=draw_account(random),
        fault=draw_fault(random),
        mode=random.choice(MODES),
        openid=draw_openid(random),
        port=free_port(),
        store=options.store or time.strftime("wxtrace-demo/store-%Y%m%d-%H%M%S"),
    )


async def run(options: Options, find: Callable[[list[str]], int], say: Callable[[str], None]) -> int:
    """
    Run the demo, and return its exit code; the arguments are those of `play`.

    Raises:
        ServerFailed: The example server does not come up.
    """
    scene, word = draw(options), words()
    with tempfile.TemporaryDirectory(prefix="wxtrace-demo-") as folder:
        log = Path(folder, "server.log")
        async with serving_customers() as customers:
            with serving(scene.port, _environment(scene, customers), log) as process:
                await _ready(scene, log, lambda: process.poll() is None)
                say(word["serving"].format(url=f"http://127.0.0.1:{scene.port}{PATH}"))
                say(word["recording"].format(store=scene.store))
                sent = await _send(scene, say)
                say(word["sent"].format(answered=sent.answered, count=options.pushes) + "\n")
                alarm = timeout_alarm(scene.account, sent.push, scene.port, sent.failed)
                say(alarm + "\n")
                lookup = lookup_of(_kept(alarm, scene.store), scene.store)
                say(f"{word['lookup']}\n$ {command(lookup)}\n")
                right = _told(scene, look_up(lookup, find), say)
                find([*lookup, "-o", _beside(scene.store, "html")])
    say(f"\n{word['again']}\n$ {command(lookup)}")
    return 0 if right else 1


def _kept(alarm: str, store: str) -> str:
    """Write an alarm beside the store, where that is a folder; return the file."""
    file = _beside(store, "alarm.txt")
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_text(alarm + "\n", "utf-8")
    return file


def _beside(store: str, suffix: str) -> str:
    """Return the file of a suffix that belongs to a store: beside it, where that is a folder."""
    return f"{'wxtrace-demo/store' if is_url(store) else store}.{suffix}"


def _told(scene: Scene, named: tuple[str, str], say: Callable[[str], None]) -> bool:
    fault, word = scene.fault, words()
    facts = {"layer": fault.layer, "module": fault.module, "kind": fault.kind.name, "mode": scene.mode}
    say("\n" + word["truth"].format(seconds=scene.options.dawdle, **facts))
    right = named == (fault.layer, fault.module)
    say(word["right"] if right else word["wrong"].format(layer=named[0], module=named[1]))
    return right


def _environment(scene: Scene, customers: str) -> dict[str, str]:
    return {
        "CALLBACK_TOKEN": scene.account.token,
        "CALLBACK_AES_KEY": scene.account.aes_key,
        "CALLBACK_APPID": scene.account.appid,
        "CALLBACK_DATABASE": "sqlite:///callback.sqlite",
        "CALLBACK_CRM_URL": customers,
        "CALLBACK_TRACING": scene.options.tracing,
        "CALLBACK_FAULT": scene.fault.switch(scene.openid, scene.options.dawdle),
        "WXTRACE_STORE": scene.store if is_url(scene.store) else os.path.abspath(scene.store),
    }


async def _ready(scene: Scene, log: Path, running: Callable[[], bool]) -> None:
    """Ask as WeChat asks when the URL is entered, until the server answers."""
    target, echostr = verification(scene.account, int(time.time()), scene.random)
    sender = Sender(scene.port, hang_up=_READY_WITHIN)
    deadline = time.monotonic() + _READY_WITHIN
    while running() and time.monotonic() < deadline:
        answer = await sender.request("GET", target)
        if answer.reply == echostr.encode():
            return
        if answer.status is not None:
            break
        await asyncio.sleep(0.1)
    raise ServerFailed(log)


async def _send(scene: Scene, say: Callable[[str], None]) -> Sent:
    say(words()["sending"].format(count=scene.options.pushes + 1))
    others = [asyncio.create_task(_send_other(scene, number)) for number in range(scene.options.pushes)]
    push, attempts = await _send_slow(scene, say)
    answered = sum(await asyncio.gather(*others))
    # The alarm comes a little later; by then the server is done with the last attempt too.
    await asyncio.sleep(max(0.0, scene.options.dawdle - scene.options.hang_up) + _SETTLE)
    return Sent(push, sum(attempt.status != 200 for attempt in attempts), answered)


async def _send_slow(scene: Scene, say: Callable[[str], None]) -> tuple[Push, tuple[Attempt, ...]]:
    start = time.monotonic()

    def hung_up(number: int) -> None:
        say(words()["hung_up"].format(seconds=time.monotonic() - start, number=number))

    push = make_push(scene.account, scene.fault.kind, scene.mode, scene.openid, int(time.time()), scene.random)
    return push, await Sender(scene.port, scene.options.hang_up, hung_up).push(push)


async def _send_other(scene: Scene, number: int) -> bool:
    random = Random(f"{scene.openid}/{number}")
    await asyncio.sleep(random.uniform(0, 3 * scene.options.hang_up))
    kind, mode = KINDS[number % len(KINDS)], MODES[number % len(MODES)]
    push = make_push(scene.account, kind, mode, draw_openid(random), int(time.time()), random)
    return (await Sender(scene.port, scene.options.hang_up).push(push))[0].status == 200
