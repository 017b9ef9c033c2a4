"""The strongbox: who has how much, who holds it, where it went. Knows people and text keys only.

Written by `verbs`, read through `reading`, re-added by `audit`.
"""

from __future__ import annotations
