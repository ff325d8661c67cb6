"""WSGI entry of the embedded platform (`gunicorn embedded_api.wsgi:application`)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "embedded_api.settings")
application = get_wsgi_application()
