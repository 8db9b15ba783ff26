"""
The attempts of a page: each with its facts, its waterfall, its modules and its jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from wxtrace.answer import Answer, Judged
from wxtrace.page.chart import chart
from wxtrace.page.known import Known
from wxtrace.page.markup import Markup, joined, tag
from wxtrace.page.outline import outline, parted
from wxtrace.page.spoken import LAYERS
from wxtrace.rebuild.attempt import Job
from wxtrace.rebuild.modules import ModuleTime
from wxtrace.show import attempt as facts
from wxtrace.show import jobs
from wxtrace.show.axis import deadline_of
from wxtrace.show.clocks import bound_texts
from wxtrace.show.waterfall import foremost, told_of
from wxtrace.show.words import Words

_LEGEND: Final = ("access", "logic", "storage", "remote", "wait")


def attempts(answer: Answer, known: Known, words: Words) -> Markup:
    """Return the attempts; the one that the verdict is about is open, the others are folded."""
    some = foremost(answer)
    if not some:
        return Markup()
    own = told_of(answer)
    pieces = [tag("h2", words("What each module did")), _legend(some, words)]
    pieces += [_attempt(judged, answer, known, words, is_open=judged is own) for judged in some]
    if more := len(answer.attempts) - len(some):
        pieces.append(tag("p", words("… {count:more attempt|more attempts}; --json has all", count=more)))
    return tag("section", *pieces, class_="attempts")


def _attempt(judged: Judged, answer: Answer, known: Known, words: Words, *, is_open: bool) -> Markup:
    head = facts.head(judged.rebuilt, answer, words)
    pieces = [
        chart(judged.rebuilt, head, known, words),
        outline(bound_texts(judged.rebuilt.clocks, words)),
        _modules(judged.times, words),
        *_jobs(judged.rebuilt.jobs, known, words),
    ]
    return tag("details", _summary(head, "h3"), *pieces, class_="attempt", open=is_open)


def _summary(head: str, level: str) -> Markup:
    """Return what stands of a part that can be folded away: its name as a heading, and its facts."""
    name, *told = head.split(" · ", 1)
    return tag("summary", tag(level, name), " ", tag("span", *parted("".join(told)), class_="facts"))


def _modules(times: Iterable[ModuleTime], words: Words) -> Markup:
    some = tuple(times)
    if not some:
        return Markup()
    heads = [tag("th", words("module"), scope="col"), tag("th", words("layer"), scope="col")]
    heads += [
        tag("th", head, scope="col", class_="figure")
        for head in (words("calls"), words("total"), words("self"), words("share"))
    ]
    rows = joined(_module(time, words) for time in some)
    table = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", rows), class_="modules")
    return tag("div", table, class_="wide", tabindex=0, role="group", aria_label=words("modules"))


def _module(time: ModuleTime, words: Words) -> Markup:
    layer = time.layer if time.layer in LAYERS else "other"
    bar = tag("svg", tag("rect", x="0", width=f"{100 * time.share:.4g}%"), aria_hidden="true", class_="share")
    figures = [str(time.calls), *(f"{ns / 10**9:.3f}" for ns in (time.total_ns, time.self_ns, time.share_ns))]
    cells = [tag("td", figure, class_="figure") for figure in figures[:-1]]
    share = tag("td", bar, figures[-1], " ", tag("span", f"{time.share:.1%}", class_="percent"), class_="figure")
    name = tag("th", time.module or words("(nothing recorded)"), scope="row")
    return tag("tr", name, tag("td", time.layer), *cells, share, class_=layer)


def _jobs(some: Sequence[Job], known: Known, words: Words) -> Iterator[Markup]:
    """Yield each job with its own waterfall and modules, folded unless something went wrong with it."""
    if some:
        yield tag("h4", words("Jobs of this attempt, each from its own start:").rstrip(":："))
    for job in some[: jobs.MOST_LISTED]:
        head = jobs.head(job, some, words)
        if job.tree is None or job.in_request:
            yield tag("p", *parted(head), class_="job")
            continue
        pieces = chart(job.tree, head, known, words), _modules(jobs.times_of(job), words)
        yield tag("details", _summary(head, "h5"), *pieces, class_="job", open=jobs.has_fault(job))
    if (more := len(some) - jobs.MOST_LISTED) > 0:
        yield tag("p", words("… {count:more job|more jobs}; --json has all", count=more))


def _legend(some: Iterable[Judged], words: Words) -> Markup:
    items = [tag("li", tag("span", class_="swatch"), words(layer), class_=layer) for layer in _LEGEND]
    if any(deadline_of(judged.rebuilt) for judged in some):
        items.append(tag("li", tag("span", class_="swatch"), words("WeChat hangs up"), class_="deadline"))
    told = words("Solid: it held the reply up itself. Pale: it ran, and something else held the reply up.")
    keys = words(
        "Keys: ↑ ↓ move, ← → fold and unfold, Enter for details, + − 0 zoom, / searches; from there Esc leads to "
        "the hit, n and N go on, Esc once more ends it."
    )
    return joined(
        (
            tag("ul", *items, class_="legend"),
            tag("p", told, class_="hint"),
            tag("p", keys, class_="hint keys", hidden=True),
        )
    )
