"""
An error in one message, in the reader's language.
"""

from __future__ import annotations

from wxtrace.errors import BadInput, MissingExtra, NotSent, StoreDamaged, StoreMissing, WxtraceError
from wxtrace.show.terminal import clean, cut
from wxtrace.show.words import ZH, Words


def message(error: WxtraceError, words: Words) -> str:
    """Return what went wrong and what to do about it, as one line."""
    if isinstance(error, BadInput):
        return _bad_input(error, words)
    if isinstance(error, StoreMissing):
        text = (
            "No store at {store}: neither spans/ nor journal/ is there. "
            "Name the folder that the app writes to with --store or WXTRACE_STORE."
        )
        return words(text, store=clean(repr(error.store)))
    if isinstance(error, StoreDamaged):
        text = "{path} cannot be read: {reason}. Move it away; the rest of the store is still read."
        return words(text, path=clean(error.path), reason=clean(error.reason))
    if isinstance(error, MissingExtra):
        text = '{task} needs more packages: pip install "wxtrace[{extra}]"'
        return words(text, task=error.task, extra=error.extra)
    if isinstance(error, NotSent):
        return _not_sent(error, words)
    return clean(str(error))


def _bad_input(error: BadInput, words: Words) -> str:
    remedy = words(error.remedy) if error.remedy in ZH else clean(error.remedy)
    if error.value is None:
        return words("{what} is missing. {remedy}", what=error.what, remedy=remedy)
    value = cut(clean(repr(error.value)), 80)
    return words("{what} is {value}. {remedy}", what=error.what, value=value, remedy=remedy)


def _not_sent(error: NotSent, words: Words) -> str:
    said = clean(error.said) or words("(nothing)")
    remedy = words(error.remedy) if error.remedy in ZH else clean(error.remedy)
    if error.status is None:
        return words("Not sent to {url}: {said}. {remedy}", url=error.url, said=said, remedy=remedy)
    told = {"url": error.url, "status": error.status, "said": said, "remedy": remedy}
    if error.rejected:
        text = "{url} took it but for {rejected:span|spans} (status {status}): {said}. {remedy}"
        return words(text, rejected=error.rejected, **told)
    return words("{url} did not take it (status {status}): {said}. {remedy}", **told)
