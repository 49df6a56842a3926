"""Reading in a process of its own: the same answer as reading here, the same errors, and nothing left behind."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.domain.messages import Message
from gridmap.errors import ColumnMissing, CrsMissing, FileDamaged, FileMissing, FileTooHard, FileUnreadable
from gridmap.geometry.candidates import candidates, crs_missing, sample
from gridmap.importers import carry, isolated, problems_of, wire
from gridmap.importers.isolated import environment, read_isolated
from gridmap.importers.limits import Limits
from gridmap.importers.problems import Problem, with_problems
from gridmap.importers.registry import read_table


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of our own, so that what is left behind can be seen."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def table(path: Path, rows: int = 3) -> Path:
    lines = [f"{n},网格{n},{106 + n / 100},{29.5}" for n in range(rows)]
    path.write_text("code,名称,lon,lat\n" + "\n".join([*lines, "9,坏,x,y"]), encoding="utf-8")
    return path


def test_the_answer_is_that_of_reading_here(tmp_path: Path, temporary: Path) -> None:
    path = table(tmp_path / "网格.csv")
    shares: list[float] = []
    there, here = read_isolated(path, progress=shares.append), read_table(path)
    pd.testing.assert_frame_equal(
        pd.DataFrame(there.drop(columns="geometry")), pd.DataFrame(here.drop(columns="geometry"))
    )
    assert shapely.equals_exact(there.geometry[:3].to_numpy(), here.geometry[:3].to_numpy()).all()
    assert there.crs is None
    assert problems_of(there) == problems_of(here)
    assert problems_of(there)[0].row == 4
    assert shares == sorted(shares)
    assert shares[-1] >= 0.9
    assert list(temporary.iterdir()) == []
    assert read_isolated(path, crs="gcj02").crs.to_epsg() == 4326


def test_errors_cross_with_their_class_and_values(tmp_path: Path, temporary: Path) -> None:
    with pytest.raises(FileMissing, match=r"none\.gpkg"):
        read_isolated(tmp_path / "none.gpkg")
    with pytest.raises(FileUnreadable, match="only files on this machine"):
        read_isolated("https://example.org/a.geojson")
    (tmp_path / "a.geojson").write_text("{")
    with pytest.raises(FileUnreadable) as caught:
        read_isolated(tmp_path / "a.geojson")
    assert caught.value.params["path"] == tmp_path / "a.geojson"
    assert list(temporary.iterdir()) == []


def test_a_missing_system_crosses_with_its_candidates(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("wkt\nPOINT (35500000 3270000)\n")
    frame = read_isolated(tmp_path / "a.csv")
    assert frame.crs is None
    error = wire.unpacked_error(wire.packed_error(crs_missing("a.csv", frame)), Path("a.csv"))
    assert isinstance(error, CrsMissing)
    assert error.params["options"][0] == candidates(sample(frame))[0]
    assert error.params["options"][0].crs == "EPSG:4523"


def test_all_kinds_of_cells_come_back(tmp_path: Path) -> None:
    cells = [1, "二", None, 2.5, True, date(2026, 1, 2), datetime(2026, 1, 2, 3, 4), [1, {"a": np.nan}], b"\x00\xff"]
    frame = gpd.GeoDataFrame(
        {
            "mixed": pd.Series(cells, dtype=object),
            "words": pd.Series(["a"] * len(cells), dtype="str"),
            "numbers": range(len(cells)),
            "days": pd.date_range("2026-01-01", periods=len(cells)),
        },
        geometry=[shapely.box(0, 0, 1, 1), None, *[shapely.Point(1, 2)] * (len(cells) - 2)],
        crs=4549,
    )
    frame.index = pd.Index(range(5, 5 + len(cells)))
    problem = Problem(1, "a", "b", Message("at most {count:,}", {"count": 3}), Message("Correct the cell."))
    with_problems(frame, [problem])
    carry.write_frame(frame, tmp_path / "a.arrow")
    back = carry.read_back(tmp_path / "a.arrow")
    assert isinstance(back, gpd.GeoDataFrame)
    assert back.crs == frame.crs
    assert back.dtypes.astype(str).tolist() == frame.dtypes.astype(str).tolist()
    assert back.index.tolist() == frame.index.tolist()
    assert problems_of(back) == (problem,)
    assert str(problems_of(back)[0].expected) == "at most 3"
    assert back["mixed"].tolist()[:7] == cells[:7]
    assert np.isnan(back["mixed"].tolist()[7][1]["a"])
    assert shapely.is_missing(back.geometry.to_numpy()).tolist() == [False, True] + [False] * (len(cells) - 2)


def test_two_columns_of_one_name_come_back(tmp_path: Path) -> None:
    frame = pd.DataFrame([[1, "a"], [2, "b"]])
    frame.columns = pd.Index(["名称", "名称"])
    carry.write_frame(frame, tmp_path / "a.arrow")
    assert carry.read_back(tmp_path / "a.arrow").columns.tolist() == ["名称", "名称"]


def test_only_our_own_data_is_built_from_an_answer() -> None:
    error = ColumnMissing(path=Path("/a"), column="编码", columns="x, y")
    again = wire.unpacked_error(wire.packed_error(error), Path("/a"))
    assert isinstance(again, ColumnMissing)
    assert again.params == error.params
    for name in ("os:system", "subprocess:Popen", "gridmap.errors:ClassVar", "gridmap.importers.isolated:os.system"):
        for kind in ("data", "word"):
            with pytest.raises((ValueError, TypeError, AttributeError)):
                wire.unpacked({"$": kind, "class": name, "fields": {}, "of": "id"})
        assert isinstance(wire.unpacked_error({"class": name, "params": {}}, Path("/a")), FileDamaged)
    with pytest.raises(ValueError, match="kind"):
        wire.unpacked({"$": "pickle", "of": ""})


def test_the_child_knows_no_secrets_and_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMAP_SECRET_KEY", "hidden")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    monkeypatch.setenv("http_proxy", "http://proxy")
    variables = environment(tmp_path)
    assert "hidden" not in variables.values()
    assert "http_proxy" not in variables
    assert {"OGR_VRT", "WFS", "CSW", "HTTP"} <= set(variables["OGR_SKIP"].split(","))
    assert "GPKG" not in variables["OGR_SKIP"].split(",")


@pytest.mark.parametrize(
    ("limits", "setting"),
    [
        (Limits(wall_s=0.05), "GRIDMAP_IMPORT_WALL_S"),
        (Limits(rows=2), "GRIDMAP_IMPORT_ROWS"),
        (Limits(columns=3), "GRIDMAP_IMPORT_COLUMNS"),
        (Limits(coordinates=2), "GRIDMAP_IMPORT_COORDINATES"),
    ],
)
def test_each_limit_names_its_setting(limits: Limits, setting: str, tmp_path: Path, temporary: Path) -> None:
    with pytest.raises(FileTooHard, match=setting):
        read_isolated(table(tmp_path / "a.csv"), limits=limits)
    assert list(temporary.iterdir()) == []


def test_an_outline_with_too_many_points_is_left_out_alone(tmp_path: Path) -> None:
    round_one, square = shapely.Point(106, 29).buffer(0.1, quad_segs=50), shapely.box(106, 29, 106.1, 29.1)
    gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=[round_one, square], crs=4490).to_file(tmp_path / "a.gpkg")
    frame = read_isolated(tmp_path / "a.gpkg", limits=Limits(shape_coordinates=100))
    assert shapely.is_missing(frame.geometry.to_numpy()).tolist() == [True, False]
    assert [(one.row, one.value) for one in problems_of(frame)] == [(1, "201")]


def test_a_killed_child_leaves_nothing_behind(tmp_path: Path, temporary: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code,名称\n" + "1,网格\n" * 2_000_000, encoding="utf-8")
    killed: list[int] = []

    def kill() -> None:
        end = time.monotonic() + 20
        while not killed and time.monotonic() < end:
            for one in Path("/proc").glob("[0-9]*"):
                try:
                    words = (one / "cmdline").read_bytes()
                    parent = int((one / "stat").read_text().rsplit(")", 1)[1].split()[1])
                except (OSError, IndexError):
                    continue
                if b"isolated_child" in words and parent == os.getpid():
                    time.sleep(0.3)
                    os.kill(int(one.name), signal.SIGKILL)
                    killed.append(int(one.name))
                    return
            time.sleep(0.02)

    watcher = threading.Thread(target=kill)
    watcher.start()
    with pytest.raises(FileTooHard, match="memory"):
        read_isolated(path)
    watcher.join()
    assert killed
    assert list(temporary.iterdir()) == []


def test_folders_of_killed_servers_are_swept(tmp_path: Path, temporary: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    dead, alive = f"gridmap-read-{int(ended.stdout)}-x", f"gridmap-read-{os.getpid()}-x"
    for name in (dead, alive, "gridmap-read-other"):
        (temporary / name).mkdir()
        (temporary / name / "answer.arrow").write_bytes(b"1")
    read_isolated(table(tmp_path / "a.csv"))
    assert sorted(one.name for one in temporary.iterdir()) == sorted([alive, "gridmap-read-other"])


_CONFINED = """
import ctypes, os, socket, sys
from dataclasses import asdict
from gridmap.importers.isolated_child import _confine
from gridmap.importers.limits import Limits
_confine({"limits": asdict(Limits()), "parent": os.getppid()})
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2)
    print("connected")
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process give up its network")
def test_the_child_reaches_nobody() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        command = [sys.executable, "-c", _CONFINED, str(listening.getsockname()[1])]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        probe = "import ctypes; print(ctypes.CDLL(None).unshare(0x50000000))"
        allowed = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
    if allowed.strip() != "0":
        pytest.skip("this system lets no process give up its network")
    assert "unreachable" in told


def test_a_last_word_said_between_two_looks_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child answers and ends after a wait for its pipe timed out, before it is asked whether it still lives."""
    words = "import os; os.write(1, b'{\"rows\": 3}\\n')"
    with subprocess.Popen([sys.executable, "-c", words], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        looked: list[int] = []

        def late(*asked: Any) -> Any:
            looked.append(1)
            if len(looked) == 1:
                os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
                return [], [], []
            return select.select(*asked)

        with monkeypatch.context() as patched:
            patched.setattr(isolated, "select", SimpleNamespace(select=late))
            answer = isolated._follow(child, child.stdout.fileno(), Limits(), Path("a.csv"), None)
    assert answer == {"rows": 3}
