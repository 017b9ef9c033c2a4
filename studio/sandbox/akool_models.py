"""The models on AKOOL's list (types 1501 and 1502), as the list gives them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

# Name of the resolution, as the list writes it (its form and case vary on purpose), with its size.
SIZES = {
    "480p": (854, 480),
    "720p": (1280, 720),
    "768P": (1366, 768),
    "1080p": (1920, 1080),
    "1080P": (1920, 1080),
    "4k": (3840, 2160),
    "1280x720": (1280, 720),
}
TYPES = {1501: "image to video", 1502: "text to video", 2101: "character swap"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model; `rates` are credits per second by resolution."""

    value: str
    label: str
    provider: str
    rates: dict[str, float]
    durations: tuple[int, ...] = (5, 10)
    last_frame: bool = False
    extends: bool = True
    pro: bool = False
    most: int = 10
    audio_factor: float = 0  # price with sound, as a multiple; 0 makes none
    move: str = "push"
    kind: int = 1501

    def resolution(self, asked: str) -> str:
        """The resolution as the list writes it, found whatever its case, or nothing."""
        return next((name for name in self.rates if name.lower() == asked.lower()), "")

    def price(self, resolution: str, seconds: int, *, sound: bool) -> int:
        """Credits of one clip: unit_credit x seconds, times the factor of sound."""
        factor = self.audio_factor if sound else 1
        return math.floor(self.rates[resolution] * seconds * factor + 0.5)

    def listed(self, place: int) -> dict[str, Any]:
        """The model as an item of the list."""
        audio = {
            "required": False,
            "type": "boolean",
            "default": False,
            "extra_credit_multiplier": self.audio_factor,
        }
        return {
            "sort": 100 - place,
            "group": self.provider,
            "provider": self.provider,
            "type": self.kind,
            "value": self.value,
            "label": self.label,
            "description": f"{self.label}, {TYPES[self.kind]}",
            "isPro": self.pro,
            "requiresPay": self.pro,
            "supportedLastFrame": self.last_frame,
            "supportedExtendPrompt": self.extends,
            "maxImageCount": 0 if self.kind == 1502 else 1,
            "maxCount": self.most,
            "durationList": list(self.durations),
            "resolutionList": [
                {
                    "label": name,
                    "value": name,
                    "width": SIZES[name][0],
                    "height": SIZES[name][1],
                    "unit_credit": int(rate) if rate == int(rate) else rate,
                }
                for name, rate in self.rates.items()
            ],
            "generate_audio": audio if self.audio_factor else None,
        }


MODELS = {
    model.value: model
    for model in (
        Model(
            value="AkoolImage2VideoFastV1",
            label="Akool Basic",
            provider="akool",
            rates={"720p": 4, "1080p": 5, "4k": 6},
        ),
        Model(
            value="AkoolImage2VideoHDV1",
            label="Akool Premium",
            provider="akool",
            rates={"720p": 20, "1080p": 25, "4k": 30},
            pro=True,
            move="arc",
        ),
        Model(
            value="seedance-1-0-lite-i2v-250428",
            label="Seedance 1.0 Lite",
            provider="bytedance",
            rates={"480p": 3, "720p": 5},
            last_frame=True,
            move="drift",
        ),
        Model(
            value="seedance-1-0-pro-250528",
            label="Seedance 1.0 Pro",
            provider="bytedance",
            rates={"480p": 5, "1080p": 14},
            move="pull",
        ),
        Model(
            value="MiniMax-Hailuo-2.3/image-to-video",
            label="Hailuo 2.3",
            provider="minimax",
            rates={"768P": 9, "1080P": 15},
            durations=(6, 10),
            move="rise",
        ),
        Model(
            value="kwaivgi/kling-video-o3-pro/image-to-video",
            label="Kling O3 Pro",
            provider="kwaivgi",
            rates={"1080p": 20},
            last_frame=True,
            extends=False,
            pro=True,
            most=4,
            audio_factor=1.5,
            move="push fast",
        ),
        Model(
            value="akool/sora-2/image-to-video",
            label="Sora 2",
            provider="openai",
            rates={"1280x720": 12.5},
            durations=(4, 8, 12),
            extends=False,
            most=1,
            audio_factor=2,
            move="sway",
        ),
        Model(
            value="AkoolText2VideoV1",
            label="Akool Text",
            provider="akool",
            rates={"720p": 4},
            kind=1502,
        ),
    )
}
