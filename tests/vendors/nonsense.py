"""Random answers: half of them near to what a vendor's page says, the others near to nothing."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

from studio.net import Answer

WORDS = st.sampled_from(
    [
        "success",
        "succeeded",
        "ok",
        "error",
        "pending",
        "processing",
        "failed",
        "canceled",
        "starting",
        "OK",
        "NO_CREDITS",
        "unauthorized",
        "a1",
        "b2",
        "https://x.example/v.mp4",
        "{}",
        "null",
        "invalid api key",
        "insufficient credits",
        "task not found",
        "unknown status: aborted",
        "",
    ]
)
CODES = st.sampled_from(
    [
        0,
        -1,
        1,
        2,
        3,
        4,
        1000,
        1003,
        1005,
        1006,
        1008,
        1015,
        1101,
        1200,
        1999,
        100000,
        200007,
        300002,
        300004,
        300013,
        400000,
        400301,
        429000,
        600001,
        424242,
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | CODES
    | CODES.map(str)
    | WORDS
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30)
)
FIELD = st.sampled_from(
    [
        "code",
        "msg",
        "message",
        "status",
        "id",
        "data",
        "result",
        "error",
        "_id",
        "_ids",
        "video_url",
        "output",
        "job_id",
        "taskId",
        "taskInfo",
        "taskResult",
        "usage",
        "credits",
        "credit",
        "successList",
        "errorList",
        "successIds",
        "noPermissionItems",
        "deduction_credit",
        "create_time",
        "value",
        "resolutionList",
        "durationList",
        "generate_audio",
        "details",
        "retryAfterSeconds",
        "effect_code",
        "en",
        "seed",
        "videos",
        "images",
        "input",
    ]
) | st.text(max_size=8)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELD, inner, max_size=6),
    max_leaves=20,
)
URL = "https://x.example/1.mp4"


def remaker_says(code: object, result: object) -> dict[str, object]:
    return {"code": code, "result": result, "message": {"en": "A sentence.", "zh": "一句"}}


def reelbyte_says(status: str) -> dict[str, object]:
    info = json.dumps({"videos": [{"videoUrl": URL}], "errorMessage": "no"})
    data = {"taskId": "a1", "status": status, "costCredits": 18, "taskInfo": info}
    return {"code": 0, "message": "ok", "data": {**data, "usage": {"credits": 18}}}


def akool_says(data: object, code: int = 1000) -> dict[str, object]:
    return {"code": code, "msg": "A sentence.", "data": data}


def akool_job(ticket: str, status: int) -> dict[str, object]:
    job = {"_id": ticket, "status": status, "video_url": URL, "deduction_credit": 20}
    return {**job, "create_time": 1754372678000, "prompt": "x", "msg": "no"}


# What each vendor is documented to say, to start from.
GOLDEN: dict[str, list[Any]] = {
    "remaker": [
        *(remaker_says(code, {"job_id": "a1"}) for code in [100000, 100000, 400000, 300002]),
        *(
            remaker_says(code, {"output": {"output": URL, "thumbnail_path": URL}})
            for code in [100000, 100000, 300013, 300004, 600001, 200007, 429000, 400301]
        ),
    ],
    "reelbyte": [
        *map(reelbyte_says, ["pending", "processing", "success", "success", "failed", "canceled"]),
        {"code": -1, "message": "insufficient credits"},
        {"code": -1, "message": "task not found"},
        {"code": -1, "message": "unknown status: aborted"},
    ],
    "mnml": [
        {"status": "success", "id": "a1", "seed": 1, "prompt": "x"},
        {"status": "success", "message": [URL], "seed": 1},
        {"status": "failed", "error": "could not"},
        {"status": "processing"},
        {"status": "success", "credits": 485},
        {"status": "error", "code": "resource_not_found", "message": "No."},
        {"status": "error", "code": "NO_CREDITS", "message": "No.", "details": {"x": 1}},
        {"status": "error", "code": "rate_limit_exceeded", "details": {"retryAfterSeconds": 3}},
    ],
    "akool": [
        akool_says({"_id": "a1", "status": 1, "deduction_credit": 20}),
        akool_says({"successList": [{"_id": "a1", "deduction_credit": 20}], "errorList": []}),
        akool_says({"successList": [], "errorList": [{"msg": "cannot fetch image"}]}),
        akool_says({"result": [akool_job("a1", 3), akool_job("b2", 4)]}),
        akool_says({"result": [akool_job("b2", 2), akool_job("zz", 3)]}),
        akool_says({"result": [{"effect_code": "e", "name": "E", "video_url": URL}], "count": 1}),
        akool_says([{"value": "m", "resolutionList": [{"value": "720p", "unit_credit": 4}]}]),
        akool_says({"successIds": ["a1"], "noPermissionItems": [{"_id": "b2", "msg": "busy"}]}),
        akool_says({"credit": 5}),
        *(akool_says({}, code) for code in [1003, 1005, 1006, 1008, 1015, 1101, 1200]),
    ],
}


@st.composite
def mutated(draw: st.DrawFn, vendor: str) -> object:
    """A documented answer in which up to three places say something else."""
    value = copy.deepcopy(draw(st.sampled_from(GOLDEN[vendor])))
    for _ in range(draw(st.integers(0, 3))):
        spot: Any = value
        while places := list(spot) if isinstance(spot, dict) else list(range(len(spot))):
            place = draw(st.sampled_from(places))
            if isinstance(spot[place], dict | list) and draw(st.integers(0, 4)):
                spot = spot[place]
                continue
            spot[place] = draw(SCALARS | TREES)
            break
    return value


def answers(vendor: str) -> st.SearchStrategy[Answer]:
    """Half of them near to what is documented, the others near to nothing."""
    near = mutated(vendor).map(lambda value: json.dumps(value).encode())
    odd = [b"", b"<html>502</html>", b'{"code": NaN}', b"\xef\xbb\xbf{}", b"[" * 5000]
    far = (
        TREES.map(lambda value: json.dumps(value).encode())
        | st.binary(max_size=60)
        | st.sampled_from(odd)
    )
    return st.builds(
        Answer,
        status=st.just(200) | st.just(200) | st.sampled_from(STATUSES) | st.integers(100, 599),
        headers=st.fixed_dictionaries(
            {}, optional={"retry-after": st.sampled_from(["3", "-1", "soon", "9" * 40, ""])}
        ),
        body=near | near | near | far,
    )


STATUSES = [201, 204, 301, 302, 303, 304, 307, 400, 401, 402, 403, 404, 409, 413, 422, 429, 500]
STATUSES += [502, 503, 504]
