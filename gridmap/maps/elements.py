"""Our own folium elements. Every text in them is a constant of this package: folium reads strings as templates."""

from __future__ import annotations

from typing import Any

from branca.element import MacroElement
from folium import Map
from folium.template import Template


class FrameMap(Map):
    """A folium map that asks for Leaflet only, and whose name in the page is always the same.

    folium's own list also brings jQuery, Bootstrap, Font Awesome and Glyphicons, for markers and popups that we
    do not draw; its names are random, so that no two renderings are alike and none can be kept.
    """

    default_js = [("leaflet", "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.js")]  # noqa: RUF012
    default_css = [("leaflet_css", "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.css")]  # noqa: RUF012

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(**options)
        self._name = "map"
        self._id = name


class HandOver(MacroElement):
    """Gives the finished map to our scripts as ``window.gridmapFrame``: the only thing they take from folium."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            window.gridmapFrame = {{ this._parent.get_name() }};
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "HandOver"
        self._id = "frame"


class MetricScale(MacroElement):
    """Leaflet's scale bar in metres and kilometres only (folium's own switch shows miles too)."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            L.control.scale({imperial: false, maxWidth: 120}).addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "MetricScale"
        self._id = "scale"
