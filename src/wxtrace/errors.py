"""
Every error of wxtrace, as a tree.

    WxtraceError
    ├── BadInput            what was asked for cannot be asked           (exit 2)
    │   └── NoAlarm         a text that was given as an alarm holds none
    ├── MissingExtra        an optional dependency is not installed      (exit 2)
    ├── NotSent             a collector is not there, or did not take it (exit 3)
    └── StoreError                                                       (exit 3)
        ├── StoreMissing    nothing is there
        ├── StoreDamaged    something is there, and it cannot be read
        └── SealBusy        another process has been sealing it for too long

Only the reading side raises them. Inside the app wxtrace never raises.
"""

from __future__ import annotations


class WxtraceError(Exception):
    """The base of every error that wxtrace raises."""

    exit_code = 2


class BadInput(WxtraceError, ValueError):
    """
    A value that cannot be used.

    Args:
        what: The name of the value, as the user typed it (``--stamp``).
        value: The value itself; shown, cut to 80 characters.
        remedy: What to give instead, as a sentence.
    """

    def __init__(self, what: str, value: object, remedy: str) -> None:
        self.what, self.value, self.remedy = what, value, remedy
        super().__init__(f"{what} is {_shown(value)}. {remedy}")


class NoAlarm(BadInput):
    """
    A text that was given as an alarm, and holds none.

    Args:
        text: The text; its beginning is shown.
    """

    def __init__(self, text: str) -> None:
        super().__init__(
            "alarm",
            text[:200],
            "No alarm of WeChat is in it. Paste the whole message of the alarm group: "
            "lines that begin with Appid, 时间, 内容, 次数, 错误样例, in any state.",
        )


class MissingExtra(WxtraceError, ImportError):
    """
    An optional dependency is not installed.

    Args:
        task: What was asked for (``wxtrace demo``).
        extra: The extra that brings it (``demo``).
    """

    def __init__(self, task: str, extra: str) -> None:
        self.task, self.extra = task, extra
        super().__init__(f'{task} needs more packages: pip install "wxtrace[{extra}]"')


class NotSent(WxtraceError):
    """
    A collector is not there, or did not take all that was sent.

    Args:
        url: Where to, with nothing secret in it.
        said: What it answered, or what the network did; may be empty.
        remedy: What to do, as a sentence.
        status: Of its answer; None without one.
        rejected: How many spans it left out of those that it took.
    """

    exit_code = 3

    def __init__(self, url: str, said: str, remedy: str, status: int | None = None, rejected: int = 0) -> None:
        self.url, self.said, self.remedy, self.status, self.rejected = url, said, remedy, status, rejected
        answer = "not sent" if status is None else f"answered {status}"
        left_out = f", left {rejected} spans out" if rejected else ""
        super().__init__(f"{url}: {answer}{left_out}{': ' * bool(said)}{said}. {remedy}")


class StoreError(WxtraceError):
    """The base of what is wrong with a store."""

    exit_code = 3


class StoreMissing(StoreError, FileNotFoundError):
    """
    There is no store.

    Args:
        store: The path or URL that was looked at.
    """

    def __init__(self, store: str) -> None:
        self.store = store
        super().__init__(
            f"No store at {store!r}: neither spans/ nor journal/ is there. "
            "Name the folder that the app writes to with --store or WXTRACE_STORE."
        )


class StoreDamaged(StoreError):
    """
    A file of the store cannot be read.

    Args:
        path: The file.
        reason: What is wrong with it.
    """

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} cannot be read: {reason}. Move it away; the rest of the store is still read.")


class SealBusy(StoreError):
    """
    Another process has been sealing the same journal for too long.

    Args:
        lock: The lock that it holds.
        seconds: How long we waited.
    """

    def __init__(self, lock: object, seconds: float) -> None:
        self.lock, self.seconds = lock, seconds
        super().__init__(
            f"{lock} has been held for {seconds:g} s by another wxtrace process that seals. "
            "See what it is doing, and try again."
        )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
