"""The storage layer: SQLite through SQLAlchemy. Blocking, so it is called in threads."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

import wxtrace

from . import faults
from .push import Push

_TABLES = sa.MetaData()
_PUSHES = sa.Table(
    "pushes",
    _TABLES,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("openid", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("said", sa.String, nullable=False),
    sa.Column("replied", sa.Boolean, nullable=False, default=False),
)
_ANSWERS = sa.Table(
    "answers",
    _TABLES,
    sa.Column("topic", sa.String, primary_key=True),
    sa.Column("text", sa.String, nullable=False),
)
_FIRST_ANSWERS = {
    "text": "Thank you, we read every message.",
    "MENU_TODAY": "Today: noodles with scallion oil.",
    "subscribe": "Welcome!",
}


class Storage:
    """
    What the server keeps.

    Args:
        engine: Where to keep it.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def prepare(self) -> None:
        """Make the tables and the first answers; safe when every worker does it at once."""
        with self._engine.begin() as connection:
            for table in _TABLES.sorted_tables:
                connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
            rows = [{"topic": topic, "text": text} for topic, text in _FIRST_ANSWERS.items()]
            connection.execute(insert(_ANSWERS).on_conflict_do_nothing(), rows)

    @wxtrace.storage("sqlite")
    def remember(self, push: Push) -> bool:
        """Keep *push*; say whether it is new. WeChat sends it again, up to three times, if we are slow."""
        faults.dawdle_blocking("sqlite")
        row = {"key": push.key, "openid": push.openid, "what": push.event or push.msg_type, "said": push.content}
        with self._engine.begin() as connection:
            done = connection.execute(insert(_PUSHES).values(row).on_conflict_do_nothing())
            return done.rowcount == 1

    @wxtrace.storage("sqlite")
    def answer(self, topic: str) -> str | None:
        """Return what to say about *topic*, None for nothing."""
        with self._engine.connect() as connection:
            query = sa.select(_ANSWERS.c.text).where(_ANSWERS.c.topic == topic)
            return connection.execute(query).scalar_one_or_none()

    @wxtrace.storage("sqlite")
    def replied(self, push: Push) -> None:
        """Note that *push* was answered."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(_PUSHES).where(_PUSHES.c.key == push.key).values(replied=True))
