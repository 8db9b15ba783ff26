"""
Whose code a file is, told by its name alone, where the record does not say it.
"""

from __future__ import annotations

import sys
from typing import Final

_LIBRARIES: Final = """
    _pytest aiohttp aiomysql aioredis aiosqlite amqp anyio asgiref asyncmy asyncpg bottle celery channels cheroot
    click daphne django elasticsearch falcon fastapi flask gevent greenlet grpc gunicorn h11 h2 httpcore httptools
    httpx hypercorn jinja2 kombu litestar motor mysql opentelemetry peewee psycopg psycopg2 pydantic pymongo pymysql
    pyramid quart redis requests rest_framework sanic sentry_sdk sniffio sqlalchemy sqlmodel starlette structlog
    tornado tortoise trio twisted urllib3 uvicorn uvloop waitress websockets wechatpy werkzeug wrapt wxtrace
"""
_NOT_OWN: Final = sys.stdlib_module_names | frozenset(_LIBRARIES.split())


def is_own(file: str) -> bool:
    """Say whether *file*, relative to where it is imported from, is neither Python's nor of a known library."""
    if file.startswith("<frozen "):
        return False
    return file.replace("\\", "/").partition("/")[0].removesuffix(".py") not in _NOT_OWN
