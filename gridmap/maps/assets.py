"""Where the assets that folium asks for lie on this machine. A page of ours fetches nothing from anywhere else.

folium and its plugins write addresses of content networks into the page: some in class lists, some only while they
draw. So the finished header is rewritten by a table keyed on the whole address, and an address that is not in
the table stops the page instead of slipping through.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gridmap.errors import InvariantBroken

#: address as folium 0.20 writes it → file under ``static/``; None: not needed by our maps, the tag is dropped
LOCAL: dict[str, str | None] = {
    "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.js": "vendor/leaflet/leaflet.js",
    "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.css": "vendor/leaflet/leaflet.css",
    "https://cdn.jsdelivr.net/npm/leaflet.fullscreen@3.0.0/Control.FullScreen.min.js": (
        "vendor/leaflet.fullscreen/fullscreen.js"
    ),
    "https://cdn.jsdelivr.net/npm/leaflet.fullscreen@3.0.0/Control.FullScreen.css": (
        "vendor/leaflet.fullscreen/fullscreen.css"
    ),
}

_TAG = re.compile(
    r"""<script[^>]*\ssrc="(?P<script>[^"]+)"[^>]*>\s*</script>|<link[^>]*\shref="(?P<link>[^"]+)"[^>]*/?>""",
)
_REMOTE = re.compile(r"(?:https?:)?//[A-Za-z0-9.-]+\.[A-Za-z]{2,}[^\s\"'<>)]*")


def localise(markup: str, address: Callable[[str], str]) -> str:
    """Return ``markup`` with every script and style sheet fetched from ``address(file)``.

    Raises
    ------
    InvariantBroken
        Some address in it is not in :data:`LOCAL`, or a remote one is left over after the rewriting.
    """

    def rewrite(match: re.Match[str]) -> str:
        remote = match["script"] or match["link"]
        if remote not in LOCAL:
            raise InvariantBroken(detail=f"the map asks for {remote}, which is not served locally")
        file = LOCAL[remote]
        return match.group().replace(remote, address(file)) if file else ""

    localised = _TAG.sub(rewrite, markup)
    leftover = remote_addresses(localised)
    if leftover:
        raise InvariantBroken(detail=f"the map names {leftover[0]}, which is not served locally")
    return localised


def remote_addresses(markup: str) -> list[str]:
    """Return every address of another host in ``markup``; names of XML vocabularies are none."""
    return [found for found in _REMOTE.findall(markup) if "//www.w3.org/" not in found]
