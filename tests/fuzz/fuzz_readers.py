"""Coverage-guided fuzzing of the readers: ``make fuzz``, or ``TIME=600 make fuzz`` for longer.

The first byte of an input chooses the format, the rest is the file. Named errors are the readers' right; anything else
that comes out of them is a find: its input is kept, and the run ends with exit 1.
"""

from __future__ import annotations

import functools
import os
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gridmap.importers"]):
    from gridmap.errors import GridmapError
    from gridmap.importers import limits, registry

from tests.fuzz.seeds import seeds

NAMES = sorted(seeds())
#: Inputs of the fuzzer are small; whatever wants more than this from them swells.
BOUNDS = limits.Limits(unpacked_bytes=20_000_000, rows=100_000, coordinates=100_000)


def read_one(data: bytes, folder: Path) -> None:
    """Read one input in both ways."""
    if not data:
        return
    path = folder / NAMES[data[0] % len(NAMES)]
    path.write_bytes(data[1:])
    for read in (registry.read_table, functools.partial(registry.read_frame, crs="4490")):
        try:
            read(path)
        except GridmapError as error:
            str(error)
    path.unlink()


def main() -> None:
    """Write the seeds beside the finds and hand over to libFuzzer."""
    seconds = int(os.environ.get("TIME", "60"))
    home = Path(os.environ.get("FUZZ_HOME", Path(tempfile.gettempdir()) / "gridmap-fuzz"))
    corpus, finds = home / "corpus", home / "finds"
    for folder in (corpus, finds):
        folder.mkdir(parents=True, exist_ok=True)
    for at, name in enumerate(NAMES):
        (corpus / f"seed-{name}").write_bytes(bytes([at]) + seeds()[name])
    limits.use(BOUNDS)
    warnings.simplefilter("ignore")
    work = Path(tempfile.mkdtemp(prefix="gridmap-fuzz-"))
    options = [f"-max_total_time={seconds}", "-max_len=120000", "-rss_limit_mb=3000", "-timeout=20"]
    arguments = [sys.argv[0], *options, f"-artifact_prefix={finds}/", str(corpus), *sys.argv[1:]]
    atheris.Setup(arguments, lambda data: read_one(data, work))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
