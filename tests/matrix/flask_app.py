"""The app of the matrix in Flask."""

from __future__ import annotations

from flask import Flask, request
from matrix import steps
from matrix.pushes import asked
from matrix.wsgi_hops import answer

import wxtrace

steps.start("matrix")

app = Flask(__name__)
app.wsgi_app = wxtrace.WSGIAccessMiddleware(app.wsgi_app)


@app.post("/callback")
def receive() -> str:
    """Take a push, and answer it."""
    return answer(asked(request.args, request.get_data()), request.args["openid"])
