"""The web server: gunicorn with threads, so that slow viewers cannot freeze it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication


class WebServer(BaseApplication):  # type: ignore[misc]
    """Gunicorn, told all it needs here: one process, many threads, media sent by sendfile."""

    def load_config(self) -> None:
        """No file and no command line is read."""
        for name, value in {
            "bind": f"{settings.STUDIO_HOST}:{settings.STUDIO_PORT}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": 32,
            "keepalive": 15,
            "preload_app": True,
            "timeout": 60,
            "graceful_timeout": 8,
            "max_requests": 0,
            "proc_name": "rushes-web",
            "loglevel": "warning",
            "control_socket_disable": True,
        }.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """The WSGI application."""
        return get_wsgi_application()


def serve() -> int:
    """Serve until TERM."""
    WebServer().run()
    return 0
