"""The doors of the browser: function views that fetch, bind, call one verb and answer."""

from __future__ import annotations
