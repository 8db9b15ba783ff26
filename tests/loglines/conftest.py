"""Fixtures of the tests of log lines."""

from __future__ import annotations

import logging

import pytest
from serving import OPENID, STAMP

from wxtrace.tag import Request, bind, unbind


@pytest.fixture(name="request_")
def in_a_request(captured):
    """The holder of the request in which the test runs, with a tag."""
    holder = Request()
    holder.learn(OPENID, STAMP, "77")
    token = bind(holder)
    yield holder
    unbind(token)


@pytest.fixture(name="logging_")
def as_it_was():
    """The root logger, which passes everything; after the test it is as before."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    known = set(logging.root.manager.loggerDict)
    root.setLevel(logging.DEBUG)
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in set(logging.root.manager.loggerDict) - known:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.filters.clear()
        logger.propagate, logger.disabled = True, False
        logger.setLevel(logging.NOTSET)
