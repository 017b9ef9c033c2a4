"""What runs inside the child, and only there: one module an operation, each with a `take`.

May import PyAV and Pillow; writes only into the stage it is given; returns plain facts.
"""

from __future__ import annotations
