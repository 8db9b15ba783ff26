"""The libraries whose queues are known, pools of processes, and redirects: hooked while wxtrace records."""

from __future__ import annotations

import os
from typing import Final

from wxtrace.capture import processes, redirects
from wxtrace.capture.waits import aiohttp, aiomysql, asyncpg, httpx, redis, sqlalchemy, threads
from wxtrace.capture.waits.hooks import Hooks

hooks: Final = Hooks(
    (
        *threads.HOOKS,
        *sqlalchemy.HOOKS,
        *asyncpg.HOOKS,
        *aiomysql.HOOKS,
        *redis.HOOKS,
        *httpx.HOOKS,
        *aiohttp.HOOKS,
        *processes.HOOKS,
        *redirects.HOOKS,
    )
)
"""The hooks of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=hooks.after_fork)
