"""What reading a file may cost, and what is known of local datums: the settings of the importers as one value.

Reasons are in docs/importing.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gridmap.domain.messages import Message
from gridmap.errors import FileTooHard
from gridmap.settings import Settings, settings

#: What Python, numpy and GDAL map before the first byte is read (measured: 0.45 GB of addresses, 0.16 GB in use).
BASE_BYTES = 700_000_000


@dataclass(frozen=True)
class Limits:
    """Bounds of one reading: memory, time, what is written, what the content may hold; and the known datums."""

    memory_bytes: int = 2_000_000_000
    cpu_s: int = 180
    wall_s: float = 600.0
    unpacked_bytes: int = 2_000_000_000
    ratio: int = 200
    members: int = 100_000
    rows: int = 5_000_000
    columns: int = 2_000
    coordinates: int = 8_000_000
    shape_coordinates: int = 300_000
    line_bytes: int = 32_000_000
    datum_parameters: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    control_points: Mapping[int, Path] = field(default_factory=dict)

    @classmethod
    def stated(cls, given: Settings | None = None) -> Limits:
        """The limits that the settings (by default those of this process) state."""
        of = given or settings()
        return cls(
            memory_bytes=of.import_memory_bytes,
            cpu_s=of.import_cpu_s,
            wall_s=of.import_wall_s,
            unpacked_bytes=of.import_unpacked_bytes,
            ratio=of.import_ratio,
            members=of.import_members,
            rows=of.import_rows,
            columns=of.import_columns,
            coordinates=of.import_coordinates,
            shape_coordinates=of.import_shape_coordinates,
            line_bytes=of.import_line_bytes,
            datum_parameters=of.datum_parameters,
            control_points=of.control_points,
        )


#: Field of :class:`Limits` → the setting that raises it, as an administrator writes it.
SETTINGS = {
    "memory_bytes": "GRIDMAP_IMPORT_MEMORY_BYTES",
    "cpu_s": "GRIDMAP_IMPORT_CPU_S",
    "wall_s": "GRIDMAP_IMPORT_WALL_S",
    "unpacked_bytes": "GRIDMAP_IMPORT_UNPACKED_BYTES",
    "ratio": "GRIDMAP_IMPORT_RATIO",
    "members": "GRIDMAP_IMPORT_MEMBERS",
    "rows": "GRIDMAP_IMPORT_ROWS",
    "columns": "GRIDMAP_IMPORT_COLUMNS",
    "coordinates": "GRIDMAP_IMPORT_COORDINATES",
    "shape_coordinates": "GRIDMAP_IMPORT_SHAPE_COORDINATES",
    "line_bytes": "GRIDMAP_IMPORT_LINE_BYTES",
}


_in_use: list[Limits] = []


def current() -> Limits:
    """The limits of this process: what :func:`use` was told, else what the settings state."""
    return _in_use[0] if _in_use else Limits.stated()


def use(limits: Limits) -> None:
    """Hold to these limits in this process. The reading process is told them; its settings are not ours."""
    _in_use[:] = [limits]


def too_hard(path: Path | str, limit: str, limits: Limits) -> FileTooHard:
    """The error of one limit: its amount in people's words, and the setting that raises it."""
    value = getattr(limits, limit)
    words = {
        "memory_bytes": Message("{megabytes:,} MB of memory", {"megabytes": value // 1_000_000}),
        "cpu_s": Message("{seconds:,} seconds of computing", {"seconds": value}),
        "wall_s": Message("{seconds:,} seconds", {"seconds": round(value)}),
        "unpacked_bytes": Message("{megabytes:,} MB unpacked", {"megabytes": value // 1_000_000}),
        "ratio": Message("{times:,} times its packed size", {"times": value}),
        "members": Message("{count:,} files in one archive", {"count": value}),
        "rows": Message("{count:,} rows", {"count": value}),
        "columns": Message("{count:,} columns", {"count": value}),
        "coordinates": Message("{count:,} coordinates", {"count": value}),
        "line_bytes": Message("{megabytes:,} MB in one line", {"megabytes": value // 1_000_000}),
    }
    return FileTooHard(path=str(path), limit=words[limit], setting=SETTINGS[limit])
