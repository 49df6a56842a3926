"""Headers of every answer, the secret key, and protection of every post.

Scripts run only from our own address or with the nonce of the answer; nothing is ever fetched from another host.
The policy is the second wall: the first is that names reach the page as data (see ``maps.compose``).
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import Flask, Response, g
from flask_wtf.csrf import CSRFProtect

from gridmap.services.sealing import secret_key
from gridmap.settings import Settings

csrf = CSRFProtect()

_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=(), usb=()",
}


def nonce() -> str:
    """Return the nonce of this answer."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(18)
    value: str = g.nonce
    return value


def policy() -> str:
    """Return the content policy of this answer."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce()}'",
            f"style-src 'self' 'nonce-{nonce()}'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def init_app(app: Flask, settings: Settings) -> None:
    """Configure sessions and cookies, protect posts, and put the headers on every answer."""
    app.config.update(
        SECRET_KEY=secret_key(settings),
        SESSION_COOKIE_NAME="gridmap",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        MAX_CONTENT_LENGTH=1_000_000,
    )
    csrf.init_app(app)
    app.jinja_env.globals["nonce"] = nonce

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy())
        for name, value in _FIXED.items():
            response.headers.setdefault(name, value)
        if settings.secure_cookies:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if not response.cache_control.public and "ETag" not in response.headers:
            response.headers.setdefault("Cache-Control", "no-store")
        return response
