"""The second service of ours in threads: who is in threads asks it over HTTP."""

from __future__ import annotations

from flask import Flask
from matrix import steps

import wxtrace

steps.start("stock")

app = Flask(__name__)
app.wsgi_app = wxtrace.WSGIAccessMiddleware(app.wsgi_app)


@app.get("/stock")
def stock() -> str:
    """Answer what is in stock."""
    steps.work("stock")
    return "7"
