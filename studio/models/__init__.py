"""The studio's tables, one file per thing. They know nothing of steps, queue or pages."""

from __future__ import annotations

from studio.models.account import Account, Key, KeyState, Pause
from studio.models.alert import Alert
from studio.models.allowance import Allowance, Scope
from studio.models.batch import Batch
from studio.models.evidence import BalanceReading, KeyEvent
from studio.models.generation import Generation, Input, Moment
from studio.models.image import Origin, SourceImage
from studio.models.link import Link
from studio.models.listing import Listing
from studio.models.price import PriceObservation, PriceRule
from studio.models.project import EDITING, Membership, Project, ProjectRole
from studio.models.prompt import Prompt
from studio.models.signin import SignInAttempt
from studio.models.sound import Sound
from studio.models.stage import FELL, HELD, IN_FLIGHT, UNFINISHED, Stage
from studio.models.user import Installation, Invitation, Role, User
from studio.models.video import Video
from studio.models.worker import Beat, Lease

__all__ = [
    "EDITING",
    "FELL",
    "HELD",
    "IN_FLIGHT",
    "UNFINISHED",
    "Account",
    "Alert",
    "Allowance",
    "BalanceReading",
    "Batch",
    "Beat",
    "Generation",
    "Input",
    "Installation",
    "Invitation",
    "Key",
    "KeyEvent",
    "KeyState",
    "Lease",
    "Link",
    "Listing",
    "Membership",
    "Moment",
    "Origin",
    "Pause",
    "PriceObservation",
    "PriceRule",
    "Project",
    "ProjectRole",
    "Prompt",
    "Role",
    "Scope",
    "SignInAttempt",
    "Sound",
    "SourceImage",
    "Stage",
    "User",
    "Video",
]
