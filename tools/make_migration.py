"""Writes the one initial migration anew from the models. Only while nobody runs gridmap: afterwards, add migrations.

Run ``.venv/bin/python tools/make_migration.py`` after changing a model; it makes a scratch database in a throw-away
cluster, compares it (empty) with the models, and replaces gridmap/store/migrations/versions/*_initial.py.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import text

from gridmap.settings import Settings
from gridmap.store import schema
from gridmap.store.database import open_database

VERSIONS = Path(schema.__file__).parent / "migrations" / "versions"
NAME = "2026_11_initial"


def main() -> None:
    for old in VERSIONS.glob("*.py"):
        old.unlink()
    home = Path(tempfile.mkdtemp(prefix="gm-migration-"))
    home.chmod(0o755)
    try:
        scratch = Settings(home=home, database_fsync=False)
        with open_database(scratch, upgrade=False) as database, database.engine.begin() as connection:
            for extension in schema.EXTENSIONS:
                connection.execute(text(f"CREATE EXTENSION {extension}"))
            schema.fix_working_system(connection, 4549)
            command.revision(schema.config(connection), "Initial tables", autogenerate=True, rev_id=NAME)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    (path,) = VERSIONS.glob("*.py")
    written = path.read_text(encoding="utf-8")
    # The revision names its content: a database made from yesterday's tables is then told from today's.
    digest = hashlib.sha256(written[written.index("def upgrade") :].encode()).hexdigest()[:8]
    path.write_text(re.sub(rf"(['\"]){NAME}\1", f'"{NAME}_{digest}"', written), encoding="utf-8")
    target = VERSIONS / f"{NAME}.py"
    path.rename(target)
    for arguments in (["check", "--fix", "-q"], ["format", "-q"]):
        subprocess.run([Path(sys.executable).with_name("ruff"), *arguments, target], check=False)
    print(target)


if __name__ == "__main__":
    main()
