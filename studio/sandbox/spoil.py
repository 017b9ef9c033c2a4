"""What faults do to answers: those that take the vendor's place, and those that spoil its answer."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from studio.sandbox.faults import Fault
from studio.sandbox.messages import Response
from studio.sandbox.vendor import Call, Vendor

ID_NAMES = ("job_id", "taskId", "_id", "id")
HTML = b"<!DOCTYPE html><html><head><title>%d</title></head><body><h1>%d %s</h1><hr>nginx</body></html>"
REASONS = {
    500: b"Internal Server Error",
    502: b"Bad Gateway",
    503: b"Service Temporarily Unavailable",
    504: b"Gateway Time-out",
}
MANNERS = {
    "hang_after": "hang",
    "drop_after": "drop",
    "reset_in_body": "reset_in_body",
    "truncated": "truncated",
    "wrong_length": "wrong_length",
    "drip": "drip",
    "drip_header": "drip_header",
    "endless": "endless",
    "huge_length": "huge_length",
}


def instead(call: Call, vendor: Vendor, fault: Fault) -> Response | None:
    """The answer of a fault that takes the vendor's place; None when it lets the call pass."""
    name = fault.name
    if name in ("hang", "drop_before", "closed"):
        return Response(manner="hang" if name == "hang" else "drop", settings=fault.settings)
    if name.startswith("http_"):
        return None if fault.get("accepted") else error_page(fault)
    if name == "rate_limited":
        return _with_retry(vendor.refuse(call, "rate"), fault)
    if name == "redirect":
        return _redirect(call, fault)
    if name == "redub":
        return vendor.refuse(call, fault.get("kind", "expired")) if call.op == "redub" else None
    reason = {"no_credits": "credits", "bad_key": "key", "revoke": "key"}.get(name)
    return vendor.refuse(call, reason) if reason else None


def error_page(fault: Fault) -> Response:
    """An HTTP error as a proxy in front of the vendor would give it."""
    status = int(fault.name.removeprefix("http_"))
    page = HTML % (status, status, REASONS[status])
    response = Response(status=status, headers=(("Content-Type", "text/html"),), body=page)
    return _with_retry(response, fault) if fault.get("retry") else response


def _with_retry(response: Response, fault: Fault) -> Response:
    value = fault.get("retry", "5")
    if value == "none":
        return response
    if value == "date":
        value = "Fri, 31 Dec 2100 23:59:59 GMT"
    return replace(response, headers=(*response.headers, ("Retry-After", value)))


def _redirect(call: Call, fault: Fault) -> Response:
    """A redirect; a chain counts its hops in the query and ends at the right place."""
    kind = fault.get("kind", "chain")
    hop = int(call.request.query.get("hop", ["0"])[0])
    path = call.request.path
    places = {
        "chain": f"{call.base}{path}?hop={hop + 1}",
        "loop": f"{call.base}{path}",
        "internal": "http://169.254.169.254/latest/meta-data/",
        "cross": f"http://elsewhere.invalid{path}",
        "downgrade": f"http://{call.request.header('host')}{path}?hop={hop + 1}",
    }
    return Response(status=302, headers=(("Location", places.get(kind, places["loop"])),))


def spoilt(call: Call, fault: Fault, response: Response) -> Response:
    """The answer with the fault in it."""
    name = fault.name
    if name.startswith("http_") and fault.get("accepted"):
        return error_page(fault)
    if name in MANNERS:
        return replace(response, manner=MANNERS[name], settings=fault.settings)
    if name == "protocol":
        return _protocol(fault, response)
    if name == "gzip_bomb":
        bomb = (*response.headers, ("Content-Encoding", "gzip"))
        return replace(response, headers=bomb, body=gzip.compress(bytes(100_000_000), 6))
    if name in FILES:
        return FILES[name](response)
    if name == "bad_json":
        return _bad_json(fault, response)
    if name == "delete" and fault.get("kind") == "late500":
        return Response(status=500, body=b"<h1>500</h1>", headers=(("Content-Type", "text/html"),))
    return _payload(call, fault, response)


def _protocol(fault: Fault, response: Response) -> Response:
    return replace(response, manner=fault.get("kind", "garbage"))


def _typed(response: Response, body: bytes, content_type: str) -> Response:
    others = tuple(h for h in response.headers if h[0].lower() == "accept-ranges")
    return Response(body=body, headers=(("Content-Type", content_type), *others))


FILES: dict[str, Callable[[Response], Response]] = {
    "wrong_content_type": lambda r: _typed(r, r.body, "text/plain"),
    "html_file": lambda r: _typed(r, b"<html><script>alert(1)</script></html>", "video/mp4"),
    "playlist_file": lambda r: _typed(
        r, b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "video/mp4"
    ),
    "empty_file": lambda r: _typed(r, b"", "video/mp4"),
}


def _bad_json(fault: Fault, response: Response) -> Response:
    body = response.body
    bodies: dict[str, Callable[[], bytes]] = {
        "cut": lambda: body[: len(body) // 2],
        "empty": lambda: b"",
        "bom": lambda: b"\xef\xbb\xbf" + body,
        "huge": lambda: body[:-1] + b', "padding": "' + b"x" * 5_000_000 + b'"}',
        "deep": lambda: b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        "nan": lambda: body[:-1] + b', "score": NaN, "credits": Infinity}',
        "duplicate": lambda: body[:-1] + b', "code": -7, "status": "odd"}',
        "html": lambda: b"<html><body>Please wait...</body></html>",
    }
    return replace(response, body=bodies.get(fault.get("kind", "cut"), bodies["cut"])())


def _payload(call: Call, fault: Fault, response: Response) -> Response:
    """Faults inside the JSON: ids and types."""
    try:
        payload = json.loads(response.body)
    except ValueError:
        return response
    if fault.name == "bad_id":
        ids: dict[str, Any] = {
            "empty": "", "null": None, "path": "../../etc/passwd", "huge": "x" * 10_000,
        }  # fmt: skip
        kind = fault.get("kind", "missing")
        payload = _ids(payload, lambda _old: ids.get(kind, ...))
    elif fault.name == "duplicate_id":
        before = call.world.last_ids.get(call.vendor)
        payload = _ids(payload, lambda old: before or old)
    elif fault.name == "wrong_types":
        payload = _wrong_types(payload, fault.get("kind", "id"))
    elif fault.name == "batch_order":
        payload = _batch(payload, fault.get("kind", "shuffle"))
    return replace(response, body=json.dumps(payload, ensure_ascii=False).encode())


def _ids(value: Any, change: Callable[[str], Any]) -> Any:
    """The value with every id in it changed; an id changed to an ellipsis is left out."""
    if isinstance(value, list):
        return [_ids(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    found = {k: change(v) if k in ID_NAMES else _ids(v, change) for k, v in value.items()}
    return {k: v for k, v in found.items() if v is not ...}


def _wrong_types(payload: Any, kind: str) -> Any:
    if not isinstance(payload, dict):
        return payload
    if kind == "id":
        return _ids(payload, lambda _old: 4711)
    if kind == "code":
        return {k: str(v) if isinstance(v, int) else v for k, v in payload.items()}
    if kind == "list":
        return {k: [v] if isinstance(v, dict) else v for k, v in payload.items()}
    return _status(payload)


def _status(value: Any) -> Any:
    """Numbers for words and words for numbers, wherever something is called status."""
    if isinstance(value, list):
        return [_status(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        k: (17 if isinstance(v, str) else str(v)) if k == "status" else _status(v)
        for k, v in value.items()
    }


def _batch(payload: Any, kind: str) -> Any:
    """AKOOL's list of results, out of order, with one missing or one too many."""
    data = payload.get("data") if isinstance(payload, dict) else None
    results = data.get("result") if isinstance(data, dict) else None
    if not isinstance(results, list) or not results:
        return payload
    if kind == "missing":
        results.pop()
    elif kind == "foreign":
        results.insert(0, {**results[0], "_id": "f" * 24})
    else:
        random.Random(len(results)).shuffle(results)
        results.reverse()
    return payload
