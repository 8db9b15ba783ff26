"""
The drawing of a lookup, as one piece of HTML: the verdict first, then the attempts, then what it all rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from wxtrace.answer import Answer, Judged
from wxtrace.explain.verdict import REPLIED, UNRECORDED, Verdict
from wxtrace.notebook.chart import chart
from wxtrace.notebook.markup import BAD, GOOD, folded, framed, told, xml, xml_lines
from wxtrace.notebook.shares import modules_table, parts_bar
from wxtrace.rebuild.attempt import Attempt, Job, Timeline
from wxtrace.rebuild.modules import ModuleTime
from wxtrace.show import attempt as attempts
from wxtrace.show import jobs, text
from wxtrace.show.clocks import bound_texts
from wxtrace.show.palette import OTHER
from wxtrace.show.style import Style
from wxtrace.show.unbroken import Unbroken
from wxtrace.show.waterfall import foremost, shown, told_of
from wxtrace.show.words import Words

MOST_ROWS: Final = 160
"""So many rows all waterfalls of a drawing have together; what does not fit is told in a line."""

_HEADLINE: Final = "font-size:15px;padding:2px 0 2px 10px;margin:6px 0;border-left:5px solid "
_QUIET: Final = "opacity:0.75;font-size:12px;margin:6px 0"


def draw(answer: Answer, words: Words) -> str:
    """Return the answer as HTML, and those to the other alarms below it: all that the text has, with waterfalls."""
    style = Unbroken(words)
    answers = (answer, *answer.others)
    fitting = _fitting(_wholes(_foremost(answers)))
    drawn = "<hr/>".join("".join(_answer(one, fitting, style)) for one in answers)
    return framed([drawn, told(text.unanswered(answer, style))])


def draw_attempt(judged: Judged, words: Words) -> str:
    """Return one attempt as HTML, with its own verdict as the headline."""
    fitting = _fitting(_wholes([judged]))
    return framed(
        [
            _headline(judged.verdict, words("Verdict"), words),
            parts_bar(judged.verdict.parts, judged.times, words),
            _head(attempts.head(judged.rebuilt, None, words)),
            _body(judged.rebuilt, judged.times, fitting, words),
        ]
    )


def draw_waterfalls(some: Sequence[tuple[str, Attempt, Sequence[ModuleTime]]], left_out: int, words: Words) -> str:
    """Return attempts without verdicts as HTML, each below its head, and how many more there were."""
    fitting = _fitting(attempt for _, attempt, _ in some)
    drawn = [one for one in some if id(one[1]) in fitting]
    pieces = [_head(head) + _body(attempt, times, fitting, words) for head, attempt, times in drawn]
    pieces.append(told(below_waterfalls(len(drawn), left_out + len(some) - len(drawn), words)))
    return framed(pieces)


def below_waterfalls(drawn: int, left_out: int, words: Words) -> list[str]:
    """Return what stands below so many waterfalls of a frame: that some were left out, or that there are none."""
    if left_out:
        return [words("… {count:more attempt|more attempts} of this frame", count=left_out)]
    return [] if drawn else [words("There are no spans in this frame.")]


def draw_lines(lines: Iterable[str]) -> str:
    """Return lines of text as HTML, as they are, in columns."""
    return framed([f'<pre style="white-space:pre;overflow-x:auto">{xml_lines(lines)}</pre>'])


def _answer(answer: Answer, fitting: set[int], style: Style) -> Iterator[str]:
    words, own = style.words, told_of(answer) if answer.found else None
    yield _headline(answer.verdict, text.head(answer, words), words)
    yield parts_bar(answer.verdict.parts, own.times if own else (), words)
    yield told(text.below_verdict(answer, style))
    yield told([text.lookup_head(answer, words)], _QUIET)
    yield told([*text.unread(answer, style), *text.incident(answer, style)])
    yield from _attempts(answer, own, fitting, words)
    yield told(text.candidates(answer, words))
    if around := told(text.around_it(answer, style)):
        yield folded(words("What else came, and the checks of WeChat's guide"), around, is_open=own is None)
    yield told(text.evidence(answer, style), _QUIET)


def _headline(verdict: Verdict, head: str, words: Words) -> str:
    colour = {REPLIED: GOOD, UNRECORDED: OTHER}.get(verdict.case, BAD)
    before = xml(head + words(": {detail}", detail=""))
    return f'<div style="{_HEADLINE}{colour}">{before}<strong>{xml(verdict.text)}</strong></div>'


def _head(facts: str) -> str:
    """Return the facts of an attempt, the first of them as its title."""
    title, dot, rest = facts.partition(" · ")
    return f'<div style="margin-top:10px"><strong>{xml(title)}</strong>{dot}{xml(rest)}</div>'


def _attempts(answer: Answer, own: Judged | None, fitting: set[int], words: Words) -> Iterator[str]:
    """Yield the attempt that the verdict is about, in its place among the others, which are folded."""
    some = foremost(answer)
    for judged in some:
        head = attempts.head(judged.rebuilt, answer, words)
        if id(judged.rebuilt) not in fitting:
            place = next(at for at, one in enumerate(answer.attempts) if one is judged)
            told_of_it = words("too much to be drawn here: attempts[{place}] draws itself", place=place)
            yield f"<div>{xml(head)} · {xml(told_of_it)}</div>"
            continue
        drawn = _body(judged.rebuilt, judged.times, fitting, words)
        yield _head(head) + drawn if judged is own else folded(head, drawn)
    if more := len(answer.attempts) - len(some):
        yield f"<div>{xml(words('… {count:more attempt|more attempts}; .attempts has all', count=more))}</div>"


def _body(attempt: Attempt, times: Sequence[ModuleTime], fitting: set[int], words: Words) -> str:
    """Return waterfall, clocks, modules and jobs of an attempt."""
    clocks = told(bound_texts(attempt.clocks, words))
    return chart(attempt, words) + clocks + modules_table(times, words) + _jobs(attempt.jobs, fitting, words)


def _jobs(some: Sequence[Job], fitting: set[int], words: Words) -> str:
    """Return each job with its own waterfall and modules, folded; one line where there is no more of it."""
    pieces = []
    for job in some[: jobs.MOST_LISTED]:
        head = jobs.head(job, some, words)
        if job.tree is None or id(job.tree) not in fitting:
            pieces.append(f"<div>{xml(head)}</div>")
        else:
            drawn = chart(job.tree, words) + modules_table(jobs.times_of(job), words)
            pieces.append(folded(head, drawn))
    if (more := len(some) - jobs.MOST_LISTED) > 0:
        pieces.append(f"<div>{xml(words('… {count:more job|more jobs}; .jobs has all', count=more))}</div>")
    return "".join(pieces)


def _foremost(answers: Iterable[Answer]) -> list[Judged]:
    """Return the attempts of all answers, those that the verdicts are about first."""
    found = [(one is not told_of(answer), one) for answer in answers for one in foremost(answer)]
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _fitting(some: Iterable[Timeline]) -> set[int]:
    """Return by `id` what is drawn: the first attempt, and as much of the rest as there are rows for."""
    kept: set[int] = set()
    left = MOST_ROWS
    for whole in some:
        rows = len(shown(whole).rows)
        if not kept or rows <= left:
            kept.add(id(whole))
            left -= rows
    return kept


def _wholes(some: Iterable[Judged]) -> Iterator[Timeline]:
    """Yield all that has a waterfall of its own: the attempts, each with its jobs, those with a fault first."""
    for judged in some:
        yield judged.rebuilt
        for job in sorted(judged.rebuilt.jobs[: jobs.MOST_LISTED], key=lambda job: not jobs.has_fault(job)):
            if job.tree is not None and not job.in_request:
                yield job.tree
