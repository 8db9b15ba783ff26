"""One URL, for the account's page."""

from __future__ import annotations

from django.urls import path
from views import callback

urlpatterns = [path("callback", callback)]
