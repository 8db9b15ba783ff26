"""The ways to hang themselves: each makes one request hang, and says what a lookup must name."""

from __future__ import annotations

import fcntl
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from scenarios.hangs.due import Culprit, Due
from scenarios.hangs.house import House
from scenarios.hangs.lines import calling, marked
from scenarios.hangs.rows import held_row
from scenarios.hangs.settings import FILE, TAKERS
from scenarios.server import Server
from wxtrace.demo.pushes import KINDS

TOKENS: Final = 40
"""So many threads anyio lends."""

_CLICK: Final = KINDS[1]


async def lock(house: House) -> None:
    """A lock that an earlier request has never given back is awaited."""
    await house.answered("lock")
    house.ask("itself", house.send("lock"), Due(marked("loops", "lock")))


async def chain(house: House) -> None:
    """The same lock is awaited in tasks of a generator below a context manager."""
    await house.answered("lock")
    house.ask("itself", house.send("chain"), Due(marked("loops", "chain"), wait="menu lock"))


async def sleeper(house: House) -> None:
    """Another request sleeps in a coroutine, and the loop with it."""
    await _held(house, "sleeper")


async def circle(house: House) -> None:
    """Another request goes in a circle, in pure Python."""
    await _held(house, "circle")


async def pattern(house: House) -> None:
    """Another request's regular expression holds the interpreter itself: no thread of the process runs any more."""
    await _held(house, "pattern", is_seen=False)


async def _held(house: House, handler: str, *, is_seen: bool = True) -> None:
    bystander = house.send("bystander")
    await house.until_in(bystander, "hang.bystander")
    holder, place = house.send(handler), marked("loops", handler)
    culprit = Culprit(place, holder.shortened if is_seen else None)
    house.ask("victim", bystander, Due(marked("loops", "bystander") if is_seen else None, culprit))
    house.ask("culprit", holder, Due(place))


async def counter(house: House) -> None:
    """A thread goes on for ever, in pure Python."""
    house.ask("itself", house.send("counter"), Due(marked("threads", "counter")))


async def reader(house: House) -> None:
    """A thread's regular expression holds the interpreter itself."""
    await house.answered("lock")
    bystander = house.send("lock")
    await house.until_in(bystander, "hang.lock")
    holder, place = house.send("reader"), marked("threads", "reader")
    house.ask("victim", bystander, Due(culprit=Culprit(place, None)))
    house.ask("culprit", holder, Due(place))


async def crm(house: House) -> None:
    """Another team's service is asked without a time-out, and never answers."""
    house.ask("itself", house.send("crm"), Due(marked("remote", "crm")))


async def printer(house: House) -> None:
    """A thread is in a call of C that gives the interpreter free."""
    file = house.stage.exits.enter_context((house.server.folder / FILE).open("w"))
    fcntl.flock(file, fcntl.LOCK_EX)
    house.ask("itself", house.send("printer"), Due(marked("threads", "printer")))


async def pool(house: House) -> None:
    """A pool has two connections, and fifty want one."""
    takers = [house.send("taker") for _ in range(TAKERS - 1)]
    await house.until_all_in(takers, "sqlite")
    last = house.send("taker")
    house.ask("last taker", last, Due(marked("threads", "taker"), wait="sqlalchemy pool"))


async def tokens(house: House) -> None:
    """All threads are taken by synchronous handlers; one more has not even begun, and one wants a thread."""
    cooks = [house.send("cook") for _ in range(TOKENS)]
    await house.until_all_in(cooks, "hang.cook")
    place = marked("threads", "cook")
    # nothing of the app's runs for it: the line to name is that where the threads are
    holders = Culprit(place, None)
    house.ask("handler 41", house.send("cook"), Due(culprit=holders, wait="threads"))
    house.ask("asynchronous", house.send("guest"), Due(marked("threads", "guest"), holders, "threads"))
    house.ask("handler 40", cooks[-1], Due(place))


async def row(house: House) -> None:
    """A row is locked by another; in a thread."""
    await _locked(house, "row")


async def row_async(house: House) -> None:
    """A row is locked by another; in a coroutine."""
    await _locked(house, "row_async")


async def _locked(house: House, handler: str) -> None:
    await house.stage.exits.enter_async_context(held_row(house.name))
    house.ask("itself", house.send(handler), Due(marked("databases", handler)))


async def queue(house: House) -> None:
    """A queue is empty, and its client waits."""
    house.ask("itself", house.send("queue"), Due(marked("databases", "queue")))


async def sigkill(house: House) -> None:
    """The example dawdles, and is killed between the two marks."""
    push = house.stage.wechat.push(_CLICK)
    house.server.fault(f"reply.menu:{push.openid}:60")
    sent = house.send_push(push)
    house.ask("itself", sent, Due(calling("callback/faults.py", "asyncio.sleep"), case="crashed"))
    await house.until(sent, sum(house.marks) / len(house.marks))
    await house.server.until_seen(push)
    house.server.kill()


async def aborted(house: House) -> None:
    """A request holds the loop, and whoever watches over the process aborts it, as gunicorn does."""
    holder = house.send("sleeper")
    await house.until_in(holder, "hang.sleeper")
    house.ask("culprit", holder, Due(marked("loops", "sleeper"), case="crashed"))
    await house.until(holder, house.marks[0] / 2)
    house.server.kill(signal.SIGABRT)


async def segfault(house: House) -> None:
    """A call of C reads where nothing is, and the process dies; another request was in flight."""
    await house.answered("lock")
    bystander = house.send("lock")
    await house.until_in(bystander, "hang.lock")
    place = marked("loops", "crasher")
    house.ask("culprit", house.send("crasher"), Due(place, case="crashed"))
    house.ask("victim", bystander, Due(culprit=Culprit(place, None), case="crashed"))


@dataclass(frozen=True, slots=True)
class Hang:
    """
    A way to hang.

    Args:
        play: Makes a request hang.
        loops: Under which event loops it is played.
        needs: Services and packages.
        end: Ends its server.
    """

    play: Callable[[House], Awaitable[None]]
    loops: tuple[str, ...] = ("asyncio",)
    needs: tuple[str, ...] = ()
    end: Callable[[Server], None] = Server.kill


BOTH: Final = ("asyncio", "uvloop")

HANGS: Final[Mapping[str, Hang]] = {
    "lock": Hang(lock, BOTH),
    "chain": Hang(chain, BOTH),
    "interrupted": Hang(lock, BOTH, end=Server.interrupt),
    "sleep": Hang(sleeper, BOTH),
    "requests": Hang(crm, needs=("requests",)),
    "c_call": Hang(printer, ("uvloop",)),
    "pool": Hang(pool),
    "tokens": Hang(tokens, BOTH),
    "row_lock": Hang(row, needs=("MariaDB", "pymysql", "aiomysql")),
    "row_lock_async": Hang(row_async, ("uvloop",), needs=("MariaDB", "pymysql", "aiomysql")),
    "blpop": Hang(queue, BOTH, needs=("Redis", "redis")),
    "loop": Hang(circle, BOTH),
    "loop_thread": Hang(counter, ("uvloop",)),
    "sigkill": Hang(sigkill, BOTH),
    "aborted": Hang(aborted, BOTH),
    "segfault": Hang(segfault, BOTH),
    "gil": Hang(pattern, BOTH),
    "gil_thread": Hang(reader),
}
"""The ways to hang by their names."""
