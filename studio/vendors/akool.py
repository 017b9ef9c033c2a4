"""AKOOL: pictures animated with effects and sound, re-dubs, deletion, a balance and a webhook.

https://docs.akool.com/ai-tools-suite/image2video - HTTP 200 says nothing, `code` does, and only
`deduction_credit` tells what was charged. Catalog in akool_catalog.py, reading in akool_words.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import ClassVar

from studio.net import Api
from studio.net.request import UNSET
from studio.vendors import akool_callback, akool_words, line, reading
from studio.vendors.akool_catalog import (
    AI_SOUND,
    AUDIO_PRICES,
    EFFECTS,
    FROM_LIBRARY,
    MODELS,
    NEGATIVE,
    OWN_SOUND,
    SINGLE,
)
from studio.vendors.akool_library import LIBRARY, entry_of_model
from studio.vendors.base import (
    MILLI,
    Accepted,
    Callback,
    Entry,
    File,
    Model,
    Refund,
    Removal,
    Report,
    Request,
    Ticket,
)
from studio.vendors.errors import BadInput
from studio.vendors.line import Reply
from studio.vendors.options import Value

CREATE = "/api/open/v4/image2Video/createBySourcePrompt"
RESULTS = "/api/open/v4/image2Video/resultsByIds"
REDUB = "/api/open/v4/image2Video/updateVideoAudio"
DELETE = "/api/open/v4/image2Video/delbyids"
EFFECT_LIST = "/api/open/v4/image2Video/effects"
MODEL_LIST = "/api/open/v4/aigModel/list"
BALANCE = "/api/open/v3/faceswap/quota/info"  # one balance for the account, whatever the path says

IMAGE_TO_VIDEO = "1501"  # the type of model in the model list
# The prompt is required yet ignored when there is an effect.
UNUSED_PROMPT = "Animate this picture with the chosen effect."
FIVE_SECONDS_END = 7.5  # a video asked for 5 s is 5.2 s long; from here on it counts as 10 s


class Akool:
    """One account at AKOOL, through one key."""

    slug: ClassVar[str] = "akool"
    label: ClassVar[str] = "AKOOL"
    origin: ClassVar[str] = "https://openapi.akool.com"
    keeps: ClassVar[timedelta | None] = timedelta(days=7)
    refund: ClassVar[Refund] = Refund.REPORTED
    models: ClassVar[tuple[Model, ...]] = MODELS
    batch: ClassVar[int] = 50
    listings: ClassVar[tuple[str, ...]] = (EFFECTS, LIBRARY)
    key_help: ClassVar[str] = (
        "Sign in at akool.com, open API credentials and copy the API key (clientSecret); the"
        " clientId is needed for the webhook only."
    )

    def __init__(self, api: Api, secret: Callable[[], str]) -> None:
        self._api = api
        self._secret = secret

    def submit(self, request: Request) -> Accepted:
        """Create one video. Only the batch endpoint takes a model, so it is asked for one."""
        if request.model == FROM_LIBRARY.slug:
            body, path = _library_body(request), CREATE + "/batch"
        else:
            body, path = _single_body(request), CREATE
        if request.callback:
            body["webhookurl"] = request.callback  # all lower case here, webhookUrl in answers
        return akool_words.accepted(self._order(path, body))

    def poll(self, tickets: Sequence[Ticket]) -> dict[str, Report]:
        """Ask for many at once; reports are matched by id, and ids we did not ask for ignored."""
        reports: dict[str, Report] = {}
        for ids in self._groups(tickets):
            reports |= self._results(ids)
        return reports

    def redub(self, ticket: Ticket, request: Request) -> Accepted:
        """Order a new sound for a finished video: a new job with a ticket of its own."""
        kind = str(request.values.get("audio_type", ""))
        if kind not in {AI_SOUND, OWN_SOUND}:
            raise BadInput("Choose sound made by AI or a sound of your own.")
        body: dict[str, object] = {"pre_video_id": ticket.id, "audio_type": int(kind)}
        if kind == OWN_SOUND:
            body["audio_url"] = _url(request.audio, "sound")
        return akool_words.accepted(self._order(REDUB, body), redub=True)

    def redub_price(self, seconds: float) -> int:
        """The table's price of sound for a video of this length."""
        return AUDIO_PRICES["5" if seconds < FIVE_SECONDS_END else "10"] * MILLI

    def delete(self, tickets: Sequence[Ticket]) -> list[Removal]:
        """Delete at the vendor. It answers "success" also when it deleted nothing."""
        removals: list[Removal] = []
        for ids in self._groups(tickets):
            reply = self._ask("POST", DELETE, {"_ids": ",".join(ids)})
            removals += akool_words.removals(ids, akool_words.data(reply))
        return removals

    def list_entries(self, listing: str) -> list[Entry]:
        """The effects with their previews, or the live image-to-video models."""
        if listing == EFFECTS:
            return akool_words.effects(self._ask("GET", EFFECT_LIST))
        if listing != LIBRARY:
            raise ValueError(f"AKOOL has no list {listing!r}")
        reply = line.ask(
            self._api,
            "GET",
            MODEL_LIST,
            headers=self._headers(),
            params=[("types[]", IMAGE_TO_VIDEO)],
        )
        found = map(entry_of_model, akool_words.array(reply, akool_words.data(reply)))
        return list({entry.value: entry for entry in found if entry}.values())

    def balance(self) -> int:
        """Credits left on the account."""
        reply = self._ask("GET", BALANCE)
        left = reading.milli(reading.fields(akool_words.data(reply)).get("credit"))
        if left is None:
            raise akool_words.unanswered(reply)
        return left

    def probe(self) -> None:
        """Ask for the balance."""
        self.balance()

    @staticmethod
    def read_callback(body: bytes, client_id: str, client_secret: str) -> Callback | None:
        """Verify and decrypt a webhook; None for anything that is not genuine."""
        return akool_callback.read(body, client_id, client_secret)

    def _results(self, ids: Sequence[str]) -> dict[str, Report]:
        """Reports of these ids. One unknown id may spoil the answer for all: then halves."""
        reply = self._ask("POST", RESULTS, {"_ids": ",".join(ids)})
        if not akool_words.is_missing(reply):
            return akool_words.reports(ids, reply)
        if len(ids) == 1:
            return {ids[0]: akool_words.gone(reply)}
        half = len(ids) // 2
        return self._results(ids[:half]) | self._results(ids[half:])

    def _groups(self, tickets: Sequence[Ticket]) -> Iterator[list[str]]:
        ids = list(dict.fromkeys(ticket.id for ticket in tickets))
        for start in range(0, len(ids), self.batch):
            yield ids[start : start + self.batch]

    def _order(self, path: str, body: dict[str, object]) -> Reply:
        return line.order(self._api, path, headers=self._headers(), json=body)

    def _ask(self, method: str, path: str, body: object = UNSET) -> Reply:
        return line.ask(self._api, method, path, headers=self._headers(), json=body)

    def _headers(self) -> dict[str, str]:
        # never both kinds of credentials: Authorization would win over a good x-api-key
        return {"x-api-key": self._secret()}


def _single_body(request: Request) -> dict[str, object]:
    values = SINGLE.spoken(request.values)
    sound = _whole(values, "audio_type")
    body: dict[str, object] = {
        "image_url": _image_url(request),
        "prompt": values.get("prompt", UNUSED_PROMPT if "effect_code" in values else ""),
        "negative_prompt": values.get("negative_prompt", NEGATIVE),
        "extend_prompt": bool(values.get("extend_prompt", False)),
        "resolution": values["resolution"],
        "audio_type": sound,
        "video_length": _whole(values, "video_length"),
        "is_premium_model": bool(values.get("is_premium_model", False)),
    }
    if str(sound) == OWN_SOUND:
        body["audio_url"] = _url(request.audio, "sound")
    if "effect_code" in values:
        body["effect_code"] = values["effect_code"]
    return body


def _library_body(request: Request) -> dict[str, object]:
    values = FROM_LIBRARY.spoken(request.values)
    if not values.get("model_name"):
        raise BadInput("A model must be chosen.")
    body: dict[str, object] = {
        "image_url": _image_url(request),
        "prompt": values.get("prompt", ""),
        "model_name": values["model_name"],
        "negative_prompt": values.get("negative_prompt", NEGATIVE),
        "resolution": values["resolution"],
        "video_length": _whole(values, "video_length"),
        "count": 1,  # each one more is charged
    }
    # fields that not every model of the list has
    body |= {
        name: bool(values[name]) for name in ("extend_prompt", "generate_audio") if name in values
    }
    if request.end_image is not None:
        body["last_image_url"] = _url(request.end_image, "last picture")
    return body


def _image_url(request: Request) -> str:
    return _url(request.images[0] if request.images else None, "image")


def _url(file: File | None, what: str) -> str:
    if file is None or not file.url:
        raise BadInput(f"The vendor fetches the {what} by link, and there is none.")
    return file.url


def _whole(values: dict[str, Value], name: str) -> int:
    number = reading.whole(values.get(name))
    if number is None:
        raise BadInput(f"{name} must be a whole number.")
    return number
