"""The address of a finished film, and what faults make of it."""

from __future__ import annotations

from studio.sandbox.jobs import Job
from studio.sandbox.vendor import Call

BAD = {
    "javascript": "javascript:alert(1)",
    "internal": "http://169.254.169.254/latest/meta-data/video.mp4",
    "userinfo": "http://user:password@127.0.0.1/video.mp4",
    "file": "file:///etc/passwd",
    "relative": "../../video.mp4",
}


def result_url(call: Call, job: Job, path: str, part: str) -> str:
    """The address of the part under the path (or where it has been before), or a fault's."""
    bad = job.fault("bad_url", *call.job_faults)
    if bad:
        return BAD.get(bad.get("kind", "javascript"), BAD["javascript"])
    empty = job.fault("no_url", *call.job_faults)
    if empty and job.looks <= empty.number("n", 1e12):
        return ""
    return call.world.link(job, path, part)
