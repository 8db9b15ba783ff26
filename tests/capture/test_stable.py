"""What an instrumentation tells, as it is kept."""

from __future__ import annotations

import pytest

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
        ("menu 7", "logic", {}, "menu 7"),
    ],
)
def test_names(name, layer, attributes, expected):
    """A call of WeChat's API is named by its path, a query without its literals; names of one's own stay."""
    assert expected == name_of(name, layer, attributes)
