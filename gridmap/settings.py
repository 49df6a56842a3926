"""Every setting of gridmap: one row each, with type, default and a sentence. Read from ``GRIDMAP_…`` variables.

The only place that reads the environment. Layers below (geometry, domain) receive values as arguments.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_home() -> Path:
    """Where gridmap keeps its data: a folder that the unprivileged database account can enter."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/gridmap")
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "gridmap"


class Settings(BaseSettings):
    """Frozen settings. ``GRIDMAP_HOME=/srv/gridmap`` sets :attr:`home`, and so on."""

    model_config = SettingsConfigDict(env_prefix="GRIDMAP_", frozen=True, extra="ignore")

    home: Annotated[Path, Field(description="Folder of the private database, its log and the secret key.")] = Field(
        default_factory=default_home
    )
    database_url: Annotated[
        str | None,
        Field(description="An external PostGIS, as a libpq URL. Unset: the private cluster is used."),
    ] = None
    database_name: Annotated[str, Field(description="Name of the database in the private cluster.")] = "gridmap"
    database_fsync: Annotated[bool, Field(description="Durable writes of the private cluster. Off in tests only.")] = (
        True
    )
    database_account: Annotated[
        str, Field(description="Account that runs the private cluster when gridmap is started by root.")
    ] = "postgres"
    srid: Annotated[
        int,
        Field(
            description="Working system of a new database: a CGCS2000 3-degree Gauss-Krüger zone (EPSG 4534–4554).",
            ge=4534,
            le=4554,
        ),
    ] = 4549
    secret_key: Annotated[
        str | None, Field(description="Signs sessions. Unset: one is made and kept in the home folder.")
    ] = None
    statement_timeout_s: Annotated[
        float, Field(description="Longest time one database statement of a web request may take.", gt=0)
    ] = 20.0
    secure_cookies: Annotated[
        bool, Field(description="Send the session cookie over HTTPS only. On behind a TLS proxy.")
    ] = False
    host: Annotated[str, Field(description="Address that serve listens on.")] = "127.0.0.1"
    port: Annotated[int, Field(description="Port that serve listens on.", ge=1, le=65535)] = 8000
    threads: Annotated[int, Field(description="Request threads of serve.", ge=1, le=64)] = 8
    language: Annotated[str, Field(description="Language where the browser states none: zh_Hans or en.")] = "zh_Hans"
    upload_largest_bytes: Annotated[int, Field(description="Largest file that the upload page takes.", ge=100_000)] = (
        500_000_000
    )
    upload_days: Annotated[
        int, Field(description="Days after which an upload that nobody committed is removed, its file with it.", ge=1)
    ] = 7
    photo_largest_bytes: Annotated[int, Field(description="Largest photo that is taken.", ge=100_000)] = 12_000_000
    public_url: Annotated[
        str | None,
        Field(description="Address at which residents reach this server, for posters and links. Unset: as requested."),
    ] = None
    trusted_proxies: Annotated[
        int,
        Field(
            description="Proxies in front whose X-Forwarded headers are believed: 1 behind a TLS proxy.",
            ge=0,
            le=5,
        ),
    ] = 0
    import_memory_bytes: Annotated[
        int, Field(description="Memory that reading one file may take, beyond Python's own.", ge=100_000_000)
    ] = 2_000_000_000
    import_cpu_s: Annotated[int, Field(description="Processor time that reading one file may take.", ge=1)] = 180
    import_wall_s: Annotated[float, Field(description="Time by the clock that reading one file may take.", gt=0)] = (
        600.0
    )
    import_unpacked_bytes: Annotated[
        int, Field(description="Largest content of a packed file, and of anything written while reading.", ge=1_000_000)
    ] = 2_000_000_000
    import_ratio: Annotated[
        int, Field(description="How many times larger than packed a content above 10 MB may be.", ge=10)
    ] = 200
    import_members: Annotated[int, Field(description="Most files in one archive.", ge=1)] = 100_000
    import_rows: Annotated[int, Field(description="Most rows of one file.", ge=1)] = 5_000_000
    import_columns: Annotated[int, Field(description="Most columns of one file.", ge=1)] = 2_000
    import_coordinates: Annotated[int, Field(description="Most coordinates of one file.", ge=1_000)] = 8_000_000
    import_shape_coordinates: Annotated[
        int, Field(description="Most coordinates of one outline; a row with more is left out and said.", ge=1_000)
    ] = 300_000
    import_line_bytes: Annotated[int, Field(description="Longest line of a table, in bytes.", ge=1_000)] = 32_000_000
    datum_parameters: Annotated[
        dict[int, tuple[float, float, float, float, float, float, float]],
        Field(
            description="Official shifts of local datums to CGCS2000: EPSG number of the local degrees (4214, 4610) to "
            "seven parameters, position vector: X, Y, Z in metres, rotations in arc seconds, scale in ppm."
        ),
    ] = Field(default_factory=dict)
    control_points: Annotated[
        dict[int, Path],
        Field(
            description="Control points of local systems: EPSG number of the file's system to a CSV with the columns "
            "source_x, source_y, target_x, target_y, target_crs."
        ),
    ] = Field(default_factory=dict)
    lockout_failures: Annotated[int, Field(description="Failed sign-ins before an account is locked.", ge=3)] = 5
    lockout_minutes: Annotated[float, Field(description="How long a locked account stays locked.", gt=0)] = 15.0


@cache
def settings() -> Settings:
    """The settings of this process, read once. Tests call ``settings.cache_clear()``."""
    return Settings()
