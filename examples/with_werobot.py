"""
A callback with WeRoBot, which is a WSGI app of its own::

    gunicorn --chdir examples --workers 2 with_werobot:app
"""

from __future__ import annotations

import os

from werobot import WeRoBot
from werobot.messages.events import ClickEvent
from werobot.messages.messages import TextMessage

import wxtrace

wxtrace.start(service="wx-callback")
robot = WeRoBot(token=os.environ["CALLBACK_TOKEN"], SESSION_STORAGE=False)


@robot.text
@wxtrace.logic("reply.text")
def text(message: TextMessage) -> str:
    """Thank for a message."""
    return f"Thank you, we have read: {message.content}"


@robot.click
@wxtrace.logic("reply.menu")
def menu(event: ClickEvent) -> str:
    """Answer a click in the menu."""
    with wxtrace.span("storage", "cache", f"GET menu:{event.key}"):
        return "Today: noodles with scallion oil."


app = wxtrace.WSGIAccessMiddleware(robot.wsgi)
