"""The composed frame: everything local, every script with the nonce, the same at every rendering."""

from __future__ import annotations

import re

import pytest

from gridmap.errors import InvariantBroken
from gridmap.maps import themes
from gridmap.maps.assets import localise, remote_addresses
from gridmap.maps.compose import PANES, coverage_frame


def local(path: str) -> str:
    return f"/static/abc/{path}"


@pytest.fixture(params=["zh_Hans", "en"])
def frame(request):
    return coverage_frame(request.param, "nonce-of-this-answer", local)


def test_no_piece_names_another_host(frame):
    for piece in (frame.header, frame.body, frame.script):
        assert remote_addresses(piece) == []
        assert "http" not in piece


def test_every_script_and_style_tag_carries_the_nonce(frame):
    tags = re.findall(r"<(?:script|style)\b[^>]*>", frame.header + frame.body)
    assert len(tags) >= 4
    assert all('nonce="nonce-of-this-answer"' in tag for tag in tags)


def test_markup_holds_no_event_handler_and_no_inline_style(frame):
    assert re.search(r"\son\w+=|\sstyle=", frame.header + frame.body) is None


def test_every_pane_is_made_and_the_map_is_handed_over(frame):
    assert set(re.findall(r'createPane\(\s*"(\w+)"', frame.script)) == set(PANES)
    assert frame.script.rstrip().endswith("window.gridmapFrame = map_coverage;")


def test_two_renderings_are_alike():
    assert coverage_frame("en", "n", local) == coverage_frame("en", "n", local)


def test_an_unknown_address_stops_the_page():
    with pytest.raises(InvariantBroken, match=r"cdn\.example\.org"):
        localise('<script src="https://cdn.example.org/x.js"></script>', local)


@pytest.mark.parametrize(
    "leftover",
    ['L.tileLayer("https://tile.example.org/{z}/{x}/{y}.png")', "@import url(//fonts.example.org/a.css)"],
)
def test_an_address_outside_tags_stops_the_page_too(leftover):
    with pytest.raises(InvariantBroken, match="not served locally"):
        localise(leftover, local)


def test_the_namespace_of_svg_is_no_address():
    assert remote_addresses('<svg xmlns="http://www.w3.org/2000/svg">') == []


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", themes.HATCHES)
def test_hatch_lines_stand_out_from_every_ground_they_may_lie_on(name):
    hatch = themes.HATCHES[name]
    contrast = (luminance(hatch.tint) + 0.05) / (luminance(hatch.colour) + 0.05)
    assert contrast >= 3.0
    assert (1.05) / (luminance(hatch.colour) + 0.05) >= 4.5


@pytest.mark.parametrize("ramp", [themes.INDEX_RAMP, themes.TOUCHED_RAMP])
def test_ramps_run_one_way_in_lightness_so_that_grey_print_keeps_the_order(ramp):
    light = [luminance(colour) for colour in ramp.colours]
    assert light == sorted(light) or light == sorted(light, reverse=True)
    assert list(ramp.bounds) == sorted(ramp.bounds)


def test_hatchings_differ_in_more_than_colour():
    drawings = {(hatch.angle_degrees, hatch.dots) for hatch in themes.HATCHES.values()}
    assert len(drawings) == len(themes.HATCHES)
