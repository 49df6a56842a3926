"""What several benchmarks stand on: a private PostGIS, the demo county in it, and the product serving it."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gridmap.domain.permissions import Role
from gridmap.services import accounts
from gridmap.settings import Settings
from gridmap.store.cluster import Cluster
from gridmap.store.database import Database, create_if_missing

SRID = 4549
COUNTY, GRID = "990001000000", "990001001001001"
PASSWORD = "tomorrow-9-lanterns"


@contextlib.contextmanager
def server() -> Iterator[Cluster]:
    """A private PostGIS, gone afterwards with all it held."""
    home = Path(tempfile.mkdtemp(prefix="gm-bench-"))
    home.chmod(0o755)  # the server's account passes through
    cluster = Cluster(Settings(home=home))
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop_child()
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def demo(cluster: Cluster) -> Iterator[Database]:
    """A database with the demo county and one account per role, all of the whole county but the worker's: a grid's."""
    from gridmap.services.demo.load import load

    create_if_missing(cluster, "bench_demo")
    with contextlib.closing(Database(cluster.url("bench_demo"))) as database:
        database.upgrade(SRID)
        load(database, Settings(home=cluster.home))
        with database.session() as session:
            for role in Role:
                email = f"{role.value}@bench.example"
                scope = GRID if role is Role.WORKER else COUNTY
                accounts.add(session, email=email, name=role.value, role=role, scope=scope, password=PASSWORD)
            session.commit()
        yield database


@contextlib.contextmanager
def serving(cluster: Cluster) -> Iterator[str]:
    """``gridmap serve`` as people run it; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = cluster.url("bench_demo")
    environment = {**os.environ, "GRIDMAP_DATABASE_URL": url, "GRIDMAP_HOME": str(cluster.home / "serving")}
    command = [sys.executable, "-m", "gridmap", "serve", "--port", str(port)]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, env=environment, stdout=said, stderr=subprocess.STDOUT) as child,
    ):
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(300):
                if child.poll() is not None:
                    said.seek(0)
                    raise RuntimeError(f"gridmap serve ended with {child.returncode}: {said.read().decode()[-2000:]}")
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"{address}/sign-in", timeout=5).close()
                    break
                time.sleep(0.1)
            yield address
        finally:
            child.terminate()
            child.wait(timeout=20)


class Client:
    """Somebody signed in, with a cookie jar; answers are JSON."""

    def __init__(self, address: str, role: Role) -> None:
        self.address = address
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        form = {"csrf_token": self._token("/sign-in"), "email": f"{role.value}@bench.example", "password": PASSWORD}
        self.opener.open(f"{address}/sign-in", urllib.parse.urlencode(form).encode()).close()
        self.token = self._token("/account")

    def _token(self, path: str) -> str:
        page = self.opener.open(f"{self.address}{path}").read().decode()
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        if found is None:
            raise RuntimeError(f"{path} has no form")
        return found[1]

    def get(self, path: str) -> Any:
        """The JSON at a path."""
        with self.opener.open(f"{self.address}{path}") as answer:
            return json.load(answer)

    def post(self, path: str, body: Any) -> Any:
        """Send JSON; a refusal is raised with its words."""
        request = urllib.request.Request(
            f"{self.address}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": self.token},
        )
        try:
            with self.opener.open(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.code} {error.read()[:300]!r}") from error
