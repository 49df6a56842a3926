"""The frame of the coverage map: folium composes map, panes and controls; it never sees a word of anyone's data.

folium and branca treat strings as Jinja templates, so a unit called ``{{ … }}`` would run on the server. What goes in
here are constants and two translated button titles from our own catalogue; shapes, names and figures are fetched as
JSON by our scripts and written with ``textContent``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from folium.map import CustomPane
from folium.plugins import Fullscreen

from gridmap.maps.assets import localise
from gridmap.maps.elements import FrameMap, HandOver, MetricScale
from gridmap.translations import translate

#: pane → (height above the others, whether it takes the pointer)
PANES: dict[str, tuple[int, bool]] = {
    "units": (400, True),
    "ground": (410, False),
    "outlines": (420, False),
    "blind": (440, True),
    "halos": (460, True),
    "focus": (470, False),
    "names": (620, False),
}

_NONCE = "NONCE-OF-THIS-RESPONSE"


@dataclass(frozen=True)
class Frame:
    """A composed map as three pieces of markup for a page: for its head, its body, and a script after it."""

    header: str
    body: str
    script: str


def coverage_frame(language: str, nonce: str, address: Callable[[str], str]) -> Frame:
    """Return the frame of the coverage map.

    ``nonce`` goes on every script and style tag; ``address`` turns a file under ``static/`` into its address.

    Raises
    ------
    InvariantBroken
        folium asks for an asset that is not served locally.
    """
    drawn = _draw(language)
    with_nonce = {name: getattr(drawn, name).replace(_NONCE, nonce) for name in ("header", "body", "script")}
    return Frame(
        header=localise(with_nonce["header"], address),
        body=localise(with_nonce["body"], address),
        script=localise(with_nonce["script"], address),
    )


@cache
def _draw(language: str) -> Frame:
    # Drawn once per language: a rendering costs some 20 ms, and is the same every time.
    frame = FrameMap(
        "coverage",
        location=(30.0, 110.0),
        zoom_start=9,
        tiles=None,
        zoom_control="topright",
        attribution_control=False,
        zoom_snap=0.1,
        maxZoom=19,
        minZoom=7,
    )
    for number, (name, (height, pointer)) in enumerate(PANES.items()):
        pane = CustomPane(name, z_index=height, pointer_events=pointer)
        pane._id = str(number)
        pane.add_to(frame)
    fullscreen = Fullscreen(  # type: ignore[no-untyped-call]
        position="topright",
        title=translate("Full screen", language),
        title_cancel=translate("Leave full screen", language),
        force_separate_button=True,
    )
    fullscreen._id = "0"
    fullscreen.add_to(frame)
    MetricScale().add_to(frame)
    HandOver().add_to(frame)
    figure: Any = frame.get_root()
    figure.render()
    return Frame(
        header=_mark(figure.header.render()),
        body=_mark(figure.html.render()),
        script=figure.script.render(),
    )


def _mark(markup: str) -> str:
    """Put the nonce on script and style tags, and drop folium's own meta tags: the page brings its own."""
    marked = re.sub(r"<(script|style)(?=[\s>])", rf'<\1 nonce="{_NONCE}"', markup)
    return re.sub(r"<meta[^>]*>", "", marked)
