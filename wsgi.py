"""The WSGI entry point, for any WSGI server: `gunicorn wsgi:app`."""

from csvapi import logs
from csvapi.app import create_app
from csvapi.config import load

settings = load()
logs.configure(settings)
app = create_app(settings)
