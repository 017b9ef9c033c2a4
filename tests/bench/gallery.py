"""The gallery page at 1,000 and at 100,000 generations: queries, time, depth."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any


def main() -> None:
    """Measure on SQLite, in a data folder of its own."""
    folder = tempfile.mkdtemp(prefix="rushes-bench-")
    os.environ |= {"STUDIO_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "studio.settings"}
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.ALLOWED_HOSTS.append("testserver")
    call_command("migrate", verbosity=0)
    measure()


def measure() -> None:
    """The same page before and after 99,000 more rows."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from studio.models import Project
    from tests import make
    from tests.bench.figures import figure, median_ms

    alice = make.owner(username="alice")
    project = make.project(owner=alice)
    account = make.account(vendor="remaker", sandbox=True)
    client = Client()
    client.force_login(alice)
    page = f"/projects/{project.uuid}/"

    def opened(query: str = "") -> None:
        answer = client.get(page + query)
        assert answer.status_code == 200, answer.status_code

    fill(project, account, 1_000)
    few = median_ms(opened)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        opened()
    figure("gallery_queries", len(queries), limit=10)
    fill(project, account, 99_000)
    assert Project.objects.count() == 1
    many = median_ms(opened)
    figure("gallery_100k_vs_1k", many / few, limit=1.25, ms_at_1k=few, ms_at_100k=many)
    from studio.models import Generation

    middle = Generation.objects.order_by("id")[50_000].pk
    deep = median_ms(lambda: opened(f"?before={middle}"))
    figure("gallery_deep_vs_first", deep / many, limit=1.25, ms_deep=deep)


def fill(project: Any, account: Any, count: int) -> None:
    """So many finished generations with their videos."""
    from studio import clock
    from studio.models import Generation, Stage, Video

    now = clock.now()
    for start in range(0, count, 5_000):
        rows = Generation.objects.bulk_create(
            Generation(
                project=project, user=project.created_by, account=account, vendor="remaker",
                model="text-1.0-standard", prompt=f"Ink spreading in milk, take {number}",
                values={"duration": "5"}, sandbox=True, stage=Stage.READY, ticket=f"{now}-{number}",
                asked_milli=27_000, charged_milli=27_000, price_source="table",
                sent_at=now, accepted_at=now, finished_at=now, ended_at=now, due_at=None,
                hook_token="",
            )
            for number in range(start, min(start + 5_000, count))
        )  # fmt: skip
        Video.objects.bulk_create(
            Video(
                uuid=row.uuid, project=project, generation=row, file=f"videos/{row.uuid}/video.mp4",
                poster=f"videos/{row.uuid}/poster.webp", preview=f"videos/{row.uuid}/preview.mp4",
                sha256="0" * 64, bytes=1_000_000, duration_ms=5_000, width=1280, height=720,
                created_by=project.created_by,
            )
            for row in rows
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
