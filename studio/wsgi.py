"""The web server's door."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")  # noqa: TID251 Django's own way

application = get_wsgi_application()
