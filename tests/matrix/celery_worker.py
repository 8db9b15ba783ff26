"""The Celery worker of the matrix: `celery -A matrix.celery_worker worker`."""

from __future__ import annotations

from matrix import steps
from matrix.publish import celery

steps.start("celery")

app = celery()


@app.task(name="reply_later")
def reply_later(openid: str) -> None:
    """Answer a push by and by."""
    steps.work("job")
    steps.done(openid)
