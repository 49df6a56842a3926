"""Workbooks as offices write them: titles, merged headings, totals, dates and codes as numbers, several sheets."""

from __future__ import annotations

from datetime import date, datetime

import openpyxl
import pytest
import xlsxwriter

from gridmap.errors import FileUnreadable, HeaderUnsure, NothingToRead, SheetUnsure
from gridmap.importers import layers, mapping
from gridmap.importers.problems import problems_of
from gridmap.importers.registry import read_table
from gridmap.importers.staging import stage


def _book(path, sheets, merged=()):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for area in merged:
            sheet.merge_cells(area)
    book.save(path)
    return path


def test_the_header_below_titles_and_merged_headings(tmp_path):
    rows = [
        ["鹭坡社区户数统计表"],
        ["填报单位：民政办", None, None, None],
        ["小区编号", "位置", None, "居住情况", None],
        [None, "经度", "纬度", "户数", "备注"],
        ["H1", 120.1, 32.3, 1204, ""],
        [None, None, None, None, None],
        ["H2", 120.2, 32.4, 86, "新建"],
        ["合计", None, None, 1290, None],
        [None, None, None, None, None],
    ]
    merged = ("A1:E1", "A3:A4", "B3:C3", "D3:E3")
    frame = read_table(_book(tmp_path / "表.xlsx", {"户数": rows}, merged))
    assert list(frame.columns)[:5] == ["小区编号", "位置/经度", "位置/纬度", "居住情况/户数", "居住情况/备注"]
    assert frame["居住情况/户数"].tolist() == ["1204", "", "86", ""]
    (problem,) = problems_of(frame)
    assert (problem.row, problem.value, problem.repaired) == (4, "合计", True)


def test_a_list_is_staged_with_its_dates_codes_and_blank_rows(tmp_path):
    rows = [
        ["岗位编号", "岗位名称", "网格编号", "专长", "设立日期"],
        ["P1", "调解岗", 990001001001001.0, "调解", datetime(2026, 3, 1)],
        ["P2", "医疗岗", "990001001001001.0", "医疗", 46082],
        [None, None, None, None, None],
        ["P3", "法律岗", "９９０００１００１００１００１", "法律", "二〇二六年十一月一日"],
        ["P4", "水暖岗", "3.20682E+11", "水暖", "2026年3月1日"],
    ]
    frame = read_table(_book(tmp_path / "posts.xlsx", {"Sheet1": rows, "空表": []}))
    layer = layers.layer("posts")
    columns = mapping.match("posts.xlsx", [str(each) for each in frame.columns], layer)
    staged = stage(frame, layer, columns)
    assert [record.row for record in staged.records] == [1, 2, 4]
    assert {record.values["unit"] for record in staged.records} == {"990001001001001"}
    days = [record.values["opened_on"] for record in staged.records]
    assert days == [date(2026, 3, 1), date(2026, 3, 1), date(2026, 11, 1)]
    (problem,) = staged.problems
    assert (problem.row, problem.column, problem.value) == (5, "网格编号", "3.20682E+11")


def test_several_sheets_are_asked_about_and_named(tmp_path):
    rows = [["编号", "名称"], ["1", "甲"]]
    path = _book(tmp_path / "两张.xlsx", {"城区": rows, "乡镇": rows, "说明": [["填表说明"]]})
    with pytest.raises(SheetUnsure, match="城区, 乡镇") as caught:
        read_table(path)
    assert [name for name, _ in caught.value.params["options"]] == ["城区", "乡镇"]
    assert read_table(path, sheet="乡镇")["名称"].tolist() == ["甲"]
    with pytest.raises(FileUnreadable, match="no sheet"):
        read_table(path, sheet="无")


def test_without_names_of_columns_it_is_asked_which_row_has_them(tmp_path):
    path = _book(tmp_path / "n.xlsx", {"a": [[1, 2, 3], [4, 5, 6], ["x", "y", "z"], [7, 8, 9]]})
    with pytest.raises(HeaderUnsure):
        read_table(path)
    assert read_table(path, header_row=3)["y"].tolist() == ["8"]


def test_merged_cells_and_repeated_names(tmp_path):
    rows = [
        ["镇", "村", "人数", "人数"],
        ["东镇", "一村", 3, "'#N/A"],
        [None, "二村", 4, 5],
        ["西镇", "三村", 6, 7],
    ]
    frame = read_table(_book(tmp_path / "m.xlsx", {"s": rows}, ("A2:A3",)))
    assert frame["镇"].tolist() == ["东镇", "东镇", "西镇"]
    assert list(frame.columns) == ["镇", "村", "人数", "人数 (2)"]


def test_failed_formulas_are_problems_of_their_cell(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("编号,户数\nH1,12\nH2,#REF!\n", encoding="utf-8")
    (problem,) = problems_of(read_table(path))
    assert (problem.row, problem.column, problem.repaired) == (2, "户数", False)


@pytest.mark.parametrize("sheets", [("户数",), ("说明", "户数")])
def test_a_formula_that_failed_in_a_workbook_is_no_empty_cell(tmp_path, sheets):
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in sheets:
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["编号", "户数"])
            sheet.write_row(1, 0, ["H1", 12])
            sheet.write_row(2, 0, ["H2"])
            if name == "户数":
                sheet.write_formula(2, 1, "=VLOOKUP(A3,Z:Z,1,0)", None, "#N/A")
    (problem,) = problems_of(read_table(path, sheet="户数"))
    assert (problem.row, problem.column, problem.value, problem.repaired) == (2, "户数", "#N/A", False)


def test_columns_under_a_merged_heading_and_cut_names_are_matched():
    layer = layers.layer("households")
    columns = ["小区编号", "居住情况/户数", "位置/经度", "位置/纬度"]
    assert mapping.match("x", columns, layer)["households"] == "居住情况/户数"


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, b"a,b\n1,2"]
)
def test_what_is_no_workbook_is_named(tmp_path, content):
    path = tmp_path / "b.xlsx"
    path.write_bytes(content)
    with pytest.raises((FileUnreadable, NothingToRead)):
        read_table(path)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a|b\n1|2\n", [["1", "2"]]),
        ("a,b\n1,2,3\n4,5\n", [["1", "2"], ["4", "5"]]),
        ("a,b,c\n1\n4,5,6\n", [["1", "", ""], ["4", "5", "6"]]),
        ('a,b\n"x\ny",2\n', [["x\ny", "2"]]),
        ("名称,户数\n甲,1\n合计,1\n\n", [["甲", "1"], ["", ""]]),
    ],
)
def test_csv_of_odd_widths_bars_and_totals(tmp_path, text, rows):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    assert read_table(path).to_numpy().tolist() == rows


def test_rows_of_another_width_are_problems_of_their_row(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n1,2,3\n4,5\n", encoding="utf-8")
    (problem,) = problems_of(read_table(path))
    assert (problem.row, problem.value, problem.repaired) == (2, "1,2,3", False)
    path.write_text("a,a,\n1,2,3\n", encoding="utf-8")
    assert list(read_table(path).columns) == ["a", "a (2)", "column 3"]
