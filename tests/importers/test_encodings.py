"""The text of a dbf: read right, or a question with samples; never mojibake."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from gridmap.errors import EncodingUnsure
from gridmap.importers import read_frame
from gridmap.importers.readers.text import detect_column

SIMPLE = ["璧山县", "东门网格", "璧城街道办事处", "周家店社区居民委员会"]
TRADITIONAL = ["國語", "臺北市中正區", "新北市板橋區", "縣市名稱", "鄉鎮"]
JAPANESE = ["東京都千代田区", "横浜市", "サイタマ県", "神奈川県川崎市"]
RUSSIAN = ["Москва", "Санкт-Петербург", "улица Ленина"]
KOREAN = ["서울특별시", "부산광역시", "강남구"]
CZECH = ["Žižkov", "Český Krumlov", "Plzeň", "Třebíč"]
THAI = ["กรุงเทพมหานคร", "เชียงใหม่"]


@pytest.mark.parametrize(
    ("words", "encoding", "declared"),
    [
        *((SIMPLE, "gbk", said) for said in (None, "GBK", "GB2312", "936", "UTF-8", "932")),
        *((SIMPLE, "utf-8", said) for said in (None, "GBK", "UTF-8", "1252")),
        *((TRADITIONAL, "big5", said) for said in (None, "BIG5", "950")),
        *((JAPANESE, "cp932", said) for said in (None, "932", "SJIS")),
        (RUSSIAN, "cp1251", "1251"), (RUSSIAN, "koi8-r", "KOI8-R"), (KOREAN, "euc-kr", "EUC-KR"),
        (CZECH, "iso8859-2", "ISO 88592"), (THAI, "cp874", "874"),
    ],
)  # fmt: skip
def test_read_right(words: list[str], encoding: str, declared: str | None) -> None:
    raw = [word.encode(encoding) for word in words]
    found, _ = detect_column(raw, [declared])
    assert found is not None
    assert [one.decode(found) for one in raw] == words


@pytest.mark.parametrize(
    ("words", "encoding", "declared", "right"),
    [
        (TRADITIONAL, "big5", "GBK", "cp950"),
        (JAPANESE, "cp932", "936", "cp932"),
        (SIMPLE, "gbk", "BIG5", "gb18030"),
        (SIMPLE, "gbk", "1252", "gb18030"),
    ],
)
def test_a_declaration_that_reads_mojibake_is_a_question(
    words: list[str], encoding: str, declared: str, right: str
) -> None:
    found, readings = detect_column([word.encode(encoding) for word in words], [declared])
    assert found is None
    assert readings[0].encoding == right
    assert set(readings[0].samples) <= set(words)
    assert len(readings) > 1


def test_the_question_shows_samples_and_an_answer_settles_it(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"n": TRADITIONAL}, geometry=[shapely.box(120, 30, 121, 31)] * 5, crs=4490)
    frame.to_file(tmp_path / "g.shp", encoding="cp950")
    (tmp_path / "g.cpg").write_text("GBK")
    with pytest.raises(EncodingUnsure, match="臺北市中正區") as raised:
        read_frame(tmp_path / "g.shp")
    assert raised.value.params["candidates"][0][0] == "cp950"
    assert read_frame(tmp_path / "g.shp", encoding="big5")["n"].tolist() == TRADITIONAL
