"""HTTP requests that one finished job of 60 s costs: the pace of questions, played on a fast clock."""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import timedelta


def main() -> None:
    """With a history of such jobs, and without."""
    folder = tempfile.mkdtemp(prefix="rushes-bench-")
    os.environ |= {"STUDIO_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "studio.settings"}
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from studio.models import Generation, Stage
    from tests import make
    from tests.bench.figures import figure

    project = make.project(owner=make.owner())
    account = make.account(vendor="remaker")

    def job(**fields: object) -> Generation:
        return make.generation(project=project, account=account, **fields)

    figure("http_requests_per_60s_job_without_history", requests(job(stage=Stage.WORKING)))
    for seconds in (55, 57, 60, 61, 63):
        done = job(stage=Stage.READY)
        Generation.objects.filter(pk=done.pk).update(
            finished_at=done.accepted_at + timedelta(seconds=seconds)
        )
    figure("http_requests_per_60s_job", requests(job(stage=Stage.WORKING)), limit=7)


def requests(generation: object) -> int:
    """Submit, questions until the job is 60 s old, one fetch."""
    from studio.models import Generation
    from studio.pipeline import pace

    assert isinstance(generation, Generation)
    now = generation.accepted_at
    assert now is not None
    done, asked = now + timedelta(seconds=60), 1
    now += pace.first_poll(generation)
    while now < done:
        asked += 1
        now += pace.interval(generation, now)
    return 1 + asked + 1


if __name__ == "__main__":
    sys.exit(main())
