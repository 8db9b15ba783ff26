"""
The WSGI app. Two workers of it::

    gunicorn --chdir examples/django --workers 2 wsgi:application
"""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

import wxtrace

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
wxtrace.start(service="wx-callback")  # here, not in settings.py: `manage.py` has nothing to record
application = wxtrace.WSGIAccessMiddleware(get_wsgi_application())
