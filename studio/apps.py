"""The studio's Django app."""

from __future__ import annotations

from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "studio"
    label = "studio"
    verbose_name = "Studio"

    def ready(self) -> None:
        """Register the system checks."""
        from studio import checks  # noqa: F401
