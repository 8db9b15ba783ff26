"""Serve the survival app by a server that has no command line: `python -m wsgi_servers NAME MODULE:APP`."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any


def gevent(app: Any) -> Any:
    """Return gevent's own server."""
    from gevent.pywsgi import WSGIServer

    server = WSGIServer(("127.0.0.1", 0), app, log=None)
    server.start()
    return server


def werkzeug(app: Any) -> Any:
    """Return the server of `flask run`: a thread for each request."""
    from werkzeug.serving import make_server

    return make_server("127.0.0.1", 0, app, threaded=True)


def wsgiref(app: Any) -> Any:
    """Return the one of the standard library, with what it checks."""
    from wsgiref.simple_server import make_server
    from wsgiref.validate import validator

    return make_server("127.0.0.1", 0, validator(app))


SERVERS = {"gevent": gevent, "werkzeug": werkzeug, "wsgiref": wsgiref}


def main() -> None:
    """Serve for ever, and say where."""
    name, (module, _, app) = sys.argv[1], sys.argv[2].partition(":")
    if name == "gevent":
        from gevent import monkey

        monkey.patch_all()
    server = SERVERS[name](getattr(import_module(module), app))
    sys.stderr.write(f"http://127.0.0.1:{server.server_port}\n")
    server.serve_forever()


if __name__ == "__main__":
    main()
