"""What the server must be told, read once from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """
    The account, and where things lie.

    Args:
        token, aes_key, appid: As on the account's page; `aes_key` is the EncodingAESKey.
        database: A SQLAlchemy URL.
        crm_url: Where customers are looked up; empty for nowhere.
        tracing: ``light`` (wxtrace alone), ``contrib`` (behind OpenTelemetry's ASGI middleware)
            or ``sdk`` (on an OpenTelemetry SDK provider that the app sets).
    """

    token: str
    aes_key: str
    appid: str
    database: str
    crm_url: str
    tracing: str

    @classmethod
    def from_env(cls) -> Settings:
        """Read ``CALLBACK_TOKEN``, ``CALLBACK_AES_KEY``, ``CALLBACK_APPID`` and the optional rest."""
        env = os.environ
        return cls(
            token=env["CALLBACK_TOKEN"],
            aes_key=env["CALLBACK_AES_KEY"],
            appid=env["CALLBACK_APPID"],
            database=env.get("CALLBACK_DATABASE", "sqlite:///callback.sqlite"),
            crm_url=env.get("CALLBACK_CRM_URL", ""),
            tracing=env.get("CALLBACK_TRACING", "light"),
        )
