"""Which layer and module a span of somebody else's belongs to."""

from __future__ import annotations

import pytest

from wxtrace.capture.place import place

INTERNAL, SERVER, CLIENT = 0, 1, 2
CONTRIB = "opentelemetry.instrumentation."


@pytest.mark.parametrize(
    ("scope", "kind", "attributes", "expected"),
    [
        pytest.param(
            "x", INTERNAL, {"wxtrace.layer": "wait", "wxtrace.module": "pool"}, ("wait", "pool"), id="said"
        ),
        pytest.param("a.x", INTERNAL, {"wxtrace.layer": "wait"}, ("wait", "x"), id="half said"),
        pytest.param(CONTRIB + "sqlalchemy", CLIENT, {"db.system": "mysql"}, ("storage", "mysql"), id="old name"),
        pytest.param(
            CONTRIB + "sqlalchemy", CLIENT, {"db.system.name": "mysql"}, ("storage", "mysql"), id="new name"
        ),
        pytest.param("x", CLIENT, {"db.system": "postgresql"}, ("storage", "postgres"), id="postgres"),
        pytest.param("x", CLIENT, {"db.system.name": "microsoft.sql_server"}, ("storage", "sqlserver"), id="mssql"),
        pytest.param(CONTRIB + "sqlalchemy", CLIENT, {"db.name": "a"}, ("storage", "sqlalchemy"), id="connect"),
        pytest.param(CONTRIB + "redis", CLIENT, None, ("storage", "redis"), id="redis"),
        pytest.param(CONTRIB + "asgi", SERVER, {"http.target": "/"}, ("access", "asgi"), id="asgi"),
        pytest.param(CONTRIB + "asgi", INTERNAL, {}, ("access", "asgi"), id="asgi within ours"),
        pytest.param(CONTRIB + "fastapi", SERVER, {}, ("access", "fastapi"), id="fastapi"),
        pytest.param("", SERVER, {}, ("access", "server"), id="no library, server"),
        pytest.param(
            "x", CLIENT, {"server.address": "api.weixin.qq.com"}, ("remote", "api.weixin.qq.com"), id="host"
        ),
        pytest.param("x", CLIENT, {"net.peer.name": "a.com"}, ("remote", "a.com"), id="old host"),
        pytest.param("x", CLIENT, {"rpc.service": "Crm"}, ("remote", "Crm"), id="rpc"),
        pytest.param(
            CONTRIB + "httpx", CLIENT, {"http.url": "https://u:p@a.com:8/x?b=@c"}, ("remote", "a.com"), id="old url"
        ),
        pytest.param("x", CLIENT, {"url.full": "https://a.com?b=/c"}, ("remote", "a.com"), id="url"),
        pytest.param("x", CLIENT, {"url.full": "no url"}, ("remote", "x"), id="no url"),
        pytest.param("", CLIENT, None, ("remote", ""), id="nothing known of a client"),
        pytest.param("app.menu", INTERNAL, None, ("logic", "menu"), id="the app's own"),
        pytest.param("", INTERNAL, None, ("logic", "app"), id="nothing known"),
        pytest.param("x", INTERNAL, {"db.system": 7}, ("storage", "7"), id="odd value"),
    ],
)
def test_place(scope, kind, attributes, expected):
    """Attributes by old names and new, then the library, then the kind say where a span belongs."""
    assert expected == place(scope, kind, attributes)
