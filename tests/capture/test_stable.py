"""What an instrumentation tells, as it is kept."""

from __future__ import annotations

import pytest
from opentelemetry.trace import SpanKind

from wxtrace.capture import stable as stable_room
from wxtrace.capture.light import LightTracer
from wxtrace.capture.stable import name_of, stable


class Hostile:
    """A value that cannot be compared, hashed or shown."""

    __hash__ = None

    def __str__(self):
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            {"db.system": "mysql", "db.name": "fans", "db.statement": "SELECT 1", "db.operation": "SELECT"},
            {
                "db.system.name": "mysql",
                "db.namespace": "fans",
                "db.query.text": "SELECT ?",
                "db.operation.name": "SELECT",
            },
        ),
        ({"db.system": "redis", "db.redis.database_index": 0}, {"db.system.name": "redis", "db.namespace": "0"}),
        ({"db.system": "mssql"}, {"db.system.name": "microsoft.sql_server"}),
        ({"messaging.destination": ",eyes_q"}, {"messaging.destination.name": "eyes_q"}),
        ({"db.statement": "a", "db.query.text": "b = 1"}, {"db.query.text": "b = ?"}),
        ({"db.query.text": "b = 1", "db.statement": "a"}, {"db.query.text": "b = ?"}),
        (
            {"db.system": "mysql", "db.statement.parameters": "('Fan',)", "db.query.parameter.0": "Fan"},
            {"db.system.name": "mysql"},
        ),
        (
            {"http.method": "GET", "http.status_code": 200, "http.url": "https://a.example/x?token=A"},
            {
                "http.request.method": "GET",
                "http.response.status_code": 200,
                "url.full": "https://a.example/x?token=[redacted]",
                "server.address": "a.example",
            },
        ),
        (
            {"net.peer.name": "a", "net.peer.port": 1, "net.transport": "ip_tcp"},
            {"server.address": "a", "server.port": 1, "network.transport": "tcp"},
        ),
        (
            {"server.address": "api.weixin.qq.com", "url.query": "x=1"},
            {"server.address": "api.weixin.qq.com", "url.query": "x=[redacted]"},
        ),
        ({"http.target": "/x?code=A"}, {"http.target": "/x?code=[redacted]"}),
        ({"rows": 3}, {"rows": 3}),
        ({"db.system": Hostile(), "rows": 3}, {"rows": 3}),
    ],
)
def test_attributes(told, expected):
    """Old names become the stable ones, what is told by both is kept once, and parameters are not kept."""
    assert expected == stable(told)
    assert expected == stable(stable(told))


def test_what_needs_nothing_is_not_copied():
    """Attributes of the app's own spans are the same dictionary."""
    told = {"rows": 3}

    assert told is stable(told)


@pytest.mark.parametrize(
    ("name", "layer", "attributes", "expected"),
    [
        ("SELECT fans", "storage", {"db.system": "mysql"}, "SELECT fans"),
        ("SELECT 'Fan'", "storage", {"db.system.name": "mysql"}, "SELECT ?"),
        ("GET token", "storage", {"db.system": "redis"}, "GET token"),
        ("GET fan:7", "storage", {"db.system": "redis"}, "GET fan:?"),
        ("connect", "storage", None, "connect"),
        ("GET", "remote", {"url.full": "https://api.weixin.qq.com/sns/userinfo?a=1"}, "GET /sns/userinfo"),
        ("ask WeChat", "remote", {"url.full": "https://api.weixin.qq.com/sns/userinfo"}, "ask WeChat"),
        ("GET", "remote", {"url.full": "https://a.example/x"}, "GET"),
        ("GET", "remote", {"url.full": 7}, "GET"),
        ("GET", "remote", None, "GET"),
        (",eyes_q send", "remote", {"messaging.system": "rabbitmq"}, "eyes_q send"),
        ("news,eyes_q send", "remote", {"messaging.system": "rabbitmq"}, "news,eyes_q send"),
        (",a", "remote", {}, ",a"),
        ("menu 7", "logic", {}, "menu 7"),
    ],
)
def test_names(name, layer, attributes, expected):
    """WeChat's API is named by its path, a query without literals, RabbitMQ's own exchange not; others stay."""
    assert expected == name_of(name, layer, attributes)


def opened(**told):
    """Begin a span of a query as contrib does, tell it this, and return it."""
    span = LightTracer("opentelemetry.instrumentation.sqlalchemy").start_span("SELECT fans", kind=SpanKind.CLIENT)
    for key, held in told.items():
        span.set_attribute(key.replace("__", "."), held)
    return span


QUERY = "SELECT a FROM fans WHERE name = 'Fan' AND id IN (%s, %s)"
SHOWN = {"db.system.name": "mysql", "db.query.text": "SELECT a FROM fans WHERE name = ? AND id IN (?)"}


@pytest.mark.parametrize(
    "told",
    [
        {"db__statement": QUERY, "db__system": "mysql", "db__user": "root"},
        {"db__system": "mysql", "db__statement": QUERY},
        {"db__system__name": "mysql", "db__system": "mysql", "db__query__text": QUERY, "db__statement": QUERY},
    ],
)
def test_a_query_is_shown_while_it_runs(captured, told):
    """What has begun and hangs is there with its text, without literals, in its place: whoever came last."""
    span = opened(**told)
    ((layer, module, shown),) = [(row.layer, row.module, row.attributes) for row in captured.open]
    span.end()
    (row,) = captured.spans

    assert ("storage", "mysql", SHOWN) == (layer, module, shown)
    assert SHOWN.items() <= row.attributes.items()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"db__system": "mysql"}, {}),
        ({"db__statement": QUERY}, {}),
        ({"db__system": "mysql", "db__statement": 7}, {}),
        ({"db__system": "mysql", "db__statement": "SELECT" + " " * 5000}, {}),
        (
            {"db__system": "mysql", "db__statement": "SELECT " + "粉" * 200},
            {"db.system.name": "mysql", "db.query.text": "SELECT " + "粉" * 51 + "…"},
        ),
    ],
)
def test_of_a_query_that_runs_little_is_shown(captured, told, expected):
    """Nothing without the database, which says what a literal is; no more of a text than a slot has room for."""
    opened(**told)

    assert [expected] == [row.attributes for row in captured.open]


def test_a_query_that_has_ended_is_not_shown(captured):
    """What is told after the end is not heard."""
    span = opened()
    span.end()
    span.set_attributes({"db.system": "mysql", "db.statement": QUERY})

    assert [] == captured.open


def test_what_is_shown_is_remembered_within_bounds():
    """What is kept for a query that comes again does not grow without end."""
    stable_room._shown.clear()
    for number in range(1100):
        stable_room.query_shown({"db.system": "mysql", "db.statement": f"SELECT a{number}"})

    assert 1100 - 1024 == len(stable_room._shown)
