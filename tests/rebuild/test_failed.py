"""What went wrong with a job."""

from __future__ import annotations

from strategies import BASE_NS, SECOND, make_log, make_span

from wxtrace.rebuild.trace import rebuild

RAISED = {"exception.type": "KeyError", "exception.message": "'access_token'"}


def error_of(status_message, *logs, **changes):
    """Return the error of a job that failed with *status_message*, and of which *logs* were recorded."""
    job = make_span(
        1,
        0,
        kind="CONSUMER",
        status_code="ERROR",
        status_message=status_message,
        start_ns=BASE_NS + 2 * SECOND,
        end_ns=BASE_NS + 3 * SECOND,
        **changes,
    )
    (attempt,) = rebuild([make_span(0), job, make_span(2, 1)], logs, BASE_NS + 60 * SECOND)
    (one,) = attempt.jobs
    return one.error


def test_a_failed_job_says_of_which_type_its_exception_was():
    """Celery gives its span the exception's message alone; the type stands in the exception's own line."""
    assert "KeyError: 'access_token'" == error_of("'access_token'", make_log(5, 1, attributes=RAISED))


def test_a_type_that_is_told_is_not_told_again():
    """By hand and by aio-pika the message has the type already, without its module."""
    raised = make_log(5, 1, attributes=RAISED | {"exception.type": "app.errors.NoMenu"})

    assert "NoMenu: none" == error_of("NoMenu: none", raised)


def test_an_exception_below_the_job_is_not_its_own():
    """What a call inside the job raised may have been handled."""
    assert "too many" == error_of("too many", make_log(5, 2, attributes=RAISED))


def test_the_last_exception_of_a_job_is_the_one_that_ended_it():
    """An earlier one was handled; without any message the type is better than nothing."""
    first = make_log(5, 1, attributes={"exception.type": "OSError"})

    assert "KeyError: 'access_token'" == error_of("'access_token'", first, make_log(6, 1, attributes=RAISED))
    assert "OSError" == error_of(None, first)
    assert "ValueError" == error_of(None, attributes={"error.type": "ValueError"})
