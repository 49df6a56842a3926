"""Shapes as GeoJSON: boundaries of an area, light from afar and exact near by; and the blind areas.

A county at full detail is megabytes, so it is sent simplified, its shared edges kept shared; the page asks again for
each town it comes near, and gets that one exactly. Both are packed once and kept until the boundaries change.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from flask import Response, request

#: how strongly a whole county is simplified: invisible while 40 m are less than a pixel, which is up to zoom 12
FAR_TOLERANCE_M = 40.0
#: decimals of a degree: 1 m from afar, 1 cm near by
FAR_DIGITS, NEAR_DIGITS = 5, 7

JSON = "application/geo+json"


@dataclass(frozen=True)
class Packed:
    """A finished answer: gzipped GeoJSON and its checksum."""

    content: bytes
    etag: str

    @classmethod
    def of(cls, text: str) -> Packed:
        plain = text.encode()
        return cls(content=gzip.compress(plain, 6, mtime=0), etag=hashlib.sha256(plain).hexdigest()[:24])

    def respond(self) -> Response:
        """Answer the request: 304 where the browser has it already, unpacked for the rare client without gzip."""
        response = Response(mimetype=JSON)
        response.set_etag(self.etag, weak=True)
        response.vary.add("Accept-Encoding")
        response.vary.add("Cookie")
        response.cache_control.private = True
        response.cache_control.no_cache = True
        if request.if_none_match.contains_weak(self.etag):
            response.status_code = 304
        elif request.accept_encodings["gzip"] > 0:
            response.set_data(self.content)
            response.content_encoding = "gzip"
        else:
            response.set_data(gzip.decompress(self.content))
        return response


class Kept:
    """The last few packed answers, by key. One thread builds, the others wait: a build takes half a second."""

    def __init__(self, most: int = 64) -> None:
        self._lock = Lock()
        self._held: dict[object, Packed] = {}
        self._most = most

    def get(self, key: object, build: Callable[[], Packed]) -> Packed:
        """Return the answer kept under ``key``; ``build()`` makes it when there is none."""
        with self._lock:
            if key not in self._held:
                made = build()
                while len(self._held) >= self._most:
                    self._held.pop(next(iter(self._held)))
                self._held[key] = made
            return self._held[key]
