"""The wheel, installed in an empty environment outside the checkout, runs the demo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")

pytestmark = [pytest.mark.packaging, pytest.mark.slow, pytest.mark.xdist_group("packaging")]


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    """Run a command without a shell; its output is part of the failure."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel, the wheel built from the sdist."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, CHECKOUT, cwd=out)
    return out


def test_wheel_ships_templates_data_assets_and_no_tests(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "gridmap/_shipped/templates/base.html" in names
    assert any(name.startswith("gridmap/_shipped/geodata/demo/") for name in names)
    assert any(name.startswith("gridmap/web/static/vendor/leaflet/") and name.endswith(".js") for name in names)
    assert any(name.startswith("gridmap/store/migrations/versions/") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "geodata/", "templates/"))]


def test_sdist_can_build_the_wheel_again(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"pyproject.toml", "README.md", "LICENSE", "templates/base.html"} <= names


def test_demo_runs_from_the_wheel(built: Path, tmp_path: Path, cluster_home: Path) -> None:
    (wheel,) = built.glob("*.whl")
    environment = tmp_path / "venv"
    python = environment / "bin" / "python"
    run(UV, "venv", "--quiet", "--python", sys.executable, environment, cwd=tmp_path)
    install = (UV, "pip", "install", "--quiet", "--python", python)
    run(*install, "--require-hashes", "-r", CHECKOUT / "requirements" / "runtime.txt", cwd=tmp_path)
    run(*install, "--no-deps", wheel, cwd=tmp_path)

    where = run(python, "-c", "import gridmap; print(gridmap.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(environment)

    # The account that runs the private database cannot enter pytest's own folders.
    home = str(cluster_home)
    answer = run(environment / "bin" / "gridmap", "demo", "--no-serve", "--json", cwd=tmp_path, GRIDMAP_HOME=home)
    demo = json.loads(answer)
    assert demo["totals"]["grids"] == 908
    assert all(lens["findings"] > 0 for lens in demo["lenses"])
    page = run(
        python,
        "-c",
        "from gridmap.web.app import create_app\n"
        "client = create_app().test_client()\n"
        "print(client.get('/', follow_redirects=True).status_code)",
        cwd=tmp_path,
        GRIDMAP_HOME=home,
    )
    assert page.strip().splitlines()[-1] == "200"
