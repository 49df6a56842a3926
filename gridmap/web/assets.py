"""Our static files under an address that changes with their content, packed once and cached by browsers for good.

The version stands in the path, not in a query: modules that import each other by relative address keep it.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request, url_for
from werkzeug.security import safe_join

STATIC = Path(__file__).resolve().parent / "static"
_TEXT = {"text/css", "text/javascript", "application/javascript", "image/svg+xml", "application/json"}


@cache
def version() -> str:
    """Return a checksum over names, sizes and times of all static files."""
    state = hashlib.sha256()
    for path in sorted(path for path in STATIC.rglob("*") if path.is_file()):
        stat = path.stat()
        state.update(f"{path.relative_to(STATIC)}:{stat.st_size}:{stat.st_mtime_ns}".encode())
    return state.hexdigest()[:12]


@cache
def _load(path: str) -> tuple[bytes, bytes | None, str] | None:
    """Return content, gzipped content (for text) and media type of a static file, or None."""
    joined = safe_join(str(STATIC), path)
    if joined is None or not Path(joined).is_file():
        return None
    content = Path(joined).read_bytes()
    media_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
    packed = gzip.compress(content, 6, mtime=0) if media_type in _TEXT else None
    return content, packed, media_type


def asset(path: str) -> str:
    """Return the address of a file under ``static/``."""
    return url_for("asset", version=version(), path=path)


def init_app(app: Flask) -> None:
    """Serve the static files and give templates ``asset()``."""
    app.jinja_env.globals["asset"] = asset
    if app.debug:
        app.logger.info("static files are cached by version %s", version())

    @app.get("/static/<version>/<path:path>", endpoint="asset")
    def serve(version: str, path: str) -> Response:  # noqa: ARG001
        loaded = _load(path)
        if loaded is None:
            abort(404)
        content, packed, media_type = loaded
        response = Response(content, mimetype=media_type)
        if packed is not None:
            response.vary.add("Accept-Encoding")
            if request.accept_encodings["gzip"] > 0:
                response.set_data(packed)
                response.content_encoding = "gzip"
        response.cache_control.public = True
        response.cache_control.max_age = 31_536_000
        response.cache_control.immutable = True
        return response
