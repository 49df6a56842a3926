"""Every export of a dossier whose names are hostile is opened again, and the names are found as plain text."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pyogrio
import pypdf
import pytest
from matplotlib.image import imread

from gridmap.errors import NothingToDraw
from gridmap.services.exporting import FORMATS, make
from gridmap.services.exporting.dossier import change, change_in_points, share
from tests.services.drawn_dossier import HOSTILE, drawn_dossier

LANGUAGES = ("zh_Hans", "en")


class Markup(HTMLParser):
    """Collects start tags and the text of script and title elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.events: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.events += [name for name, _ in attrs if name.startswith("on")]
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.scripts and self.cdata_elem == "script":
            self.scripts[-1] += data


@pytest.mark.parametrize("kind", FORMATS)
def test_names_are_fit_for_saving(kind: str) -> None:
    made = make(drawn_dossier(), kind)
    assert re.fullmatch(r"[\w-]+\.\w+", made.filename)
    assert made.media_type
    assert len(made.content) > 1000


@pytest.mark.parametrize("language", LANGUAGES)
def test_workbook_holds_no_formula_and_no_link(language: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(make(drawn_dossier(language), "excel").content))
    assert len(book.sheetnames) == 3
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    texts = {cell.value for cell in cells}
    assert set(HOSTILE) <= texts
    findings = book.worksheets[1]
    assert findings.freeze_panes == "C2"
    assert findings.auto_filter.ref
    assert findings.max_row == 1 + 4


def test_workbook_states_the_index_with_its_definition() -> None:
    book = openpyxl.load_workbook(io.BytesIO(make(drawn_dossier("en"), "excel").content))
    values = [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
    assert 0.725 in values
    assert any("touched by no blind area" in str(value) for value in values)


def test_geopackage_opens_with_all_layers(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    path.write_bytes(make(drawn_dossier(), "geopackage").content)
    assert {name for name, _ in pyogrio.list_layers(path)} == {"units", "findings", "about"}
    units = pyogrio.read_dataframe(path, layer="units")
    assert units.crs.to_epsg() == 4549
    assert list(units["name"]) == list(HOSTILE)
    assert units["coverage_index"].tolist() == [1.0, 0.9, 0.0, 1.0]
    findings = pyogrio.read_dataframe(path, layer="findings")
    assert len(findings) == 4
    assert findings.geometry.isna().sum() == 1
    assert findings["why"].iloc[0] == HOSTILE[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_report_shows_names_as_they_are(language: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(make(drawn_dossier(language), "pdf").content))
    text = "".join("".join(page.extract_text().split()) for page in reader.pages)
    assert "{{7*7}}" in text
    assert "</script><imgsrc=x" in text
    assert "72.5%" in text
    assert ("覆盖指数" if language == "zh_Hans" else "Coverageindex") in text
    assert ("怎么办" if language == "zh_Hans" else "Whattodo") in text
    assert f"1/{len(reader.pages)}" in text
    assert not any("/AA" in page or "/Annots" in page for page in reader.pages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_standalone_map_keeps_words_out_of_the_markup(language: str) -> None:
    text = make(drawn_dossier(language), "html").content.decode()
    markup = Markup(text)
    assert "img" not in markup.tags
    assert not markup.events
    assert markup.tags.count("script") == 3
    data = json.loads(markup.scripts[0])
    assert data["entries"][0]["sentences"][0] == HOSTILE[2]
    assert "<" not in markup.scripts[0]
    assert not re.search(r"https?://(?!www\.w3\.org/|evil\.example/)", text)
    assert "default-src 'none'" in text


def test_picture_is_drawn_at_print_size() -> None:
    picture = imread(io.BytesIO(make(drawn_dossier(), "png").content))
    assert picture.shape[2] == 3
    assert picture.shape[1] > 2000
    assert picture.std() > 0.02


def test_a_unit_without_boundaries_has_no_map() -> None:
    from dataclasses import replace

    dossier = replace(drawn_dossier(), grids=())
    with pytest.raises(NothingToDraw):
        make(dossier, "png")
    assert make(dossier, "pdf").content.startswith(b"%PDF")
    assert make(dossier, "excel").content
    assert make(dossier, "geopackage").content


def test_a_share_is_never_rounded_up_to_all() -> None:
    assert share(0.9996) == "99.9%"
    assert share(1.0) == "100%"
    assert share(None) == "–"
    assert change(5, 8) == "−3"
    assert change_in_points(0.725, 0.75) == "−2.5"
