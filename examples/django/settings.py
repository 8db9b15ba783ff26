"""The settings: Django's usual ones, and log lines that go to wxtrace too."""

from __future__ import annotations

import os
from pathlib import Path

BASE_DIR = Path(__file__).parent
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "only for trying it out")
ALLOWED_HOSTS = os.environ.get("CALLBACK_HOSTS", "localhost,127.0.0.1").split(",")
ROOT_URLCONF = "urls"
WSGI_APPLICATION = "wsgi.application"
CALLBACK_TOKEN = os.environ["CALLBACK_TOKEN"]
USE_TZ = True

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {
        "console": {"class": "logging.StreamHandler"},
        "wxtrace": {"()": "wxtrace.LogHandler"},
    },
    "root": {"level": "INFO", "handlers": ["console", "wxtrace"]},
}
