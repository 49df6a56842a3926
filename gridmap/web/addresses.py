"""The address at which the world reaches this server: as the setting says, else as this request came."""

from __future__ import annotations

from flask import request

from gridmap.settings import settings


def public_root() -> str:
    """Scheme, host and path before ours, without a slash at the end."""
    return (settings().public_url or request.url_root).rstrip("/")
