"""The private PostgreSQL + PostGIS: make it, start it, stop it. Unix socket only; never an orphan.

Two ways to run it. ``child`` (serve, tests, one-off commands) starts the server as a direct child that dies with this
process, however that ends. ``background`` (``gridmap db up``) leaves it running. Whoever finds it running uses it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from gridmap.errors import DataFolderVersion, ServerUnavailable
from gridmap.settings import Settings
from gridmap.store.processes import account, die_with, is_server_of, servers_of
from gridmap.store.programs import Programs, find_programs

#: Longest path of a Unix socket that every system takes; the socket's own name needs some of it.
SOCKET_FOLDER_LIMIT = 80
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0
#: How often a watched child is looked at.
WATCH_S = 1.0

CONFIGURATION = """\
# Written by gridmap at every start: change settings of gridmap instead.
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 60
shared_buffers = 128MB
work_mem = 32MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
{durability}
"""
NOT_DURABLE = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off"


@dataclass(frozen=True)
class Status:
    """How the cluster stands: ``absent``, ``stopped`` or ``running``."""

    state: str
    folder: Path
    socket: Path
    version: str | None
    pid: int | None


@dataclass
class Cluster:
    """One private cluster, in ``settings.home``."""

    settings: Settings
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _owner: int | None = field(default=None, init=False)  # pid of the process that started the child
    _closing: bool = field(default=False, init=False)
    _stop_starter: threading.Event = field(default_factory=threading.Event, init=False)

    # --- places ------------------------------------------------------------------------------------------

    @property
    def home(self) -> Path:
        return self.settings.home.absolute()

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self.home / "postgres"

    @property
    def socket(self) -> Path:
        """Folder of the socket: in the home, or in the system's temporary folder where that path is too long."""
        inside = self.home / "socket"
        if len(os.fsencode(inside)) <= SOCKET_FOLDER_LIMIT:
            return inside
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"gridmap-{digest}"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def _stopped_on_purpose(self) -> Path:
        """Stands while the cluster is down because somebody said so, and not because its process ended."""
        return self.home / "stopped"

    def url(self, database: str | None = None) -> str:
        """The libpq URL of a database in this cluster."""
        return f"postgresql://gridmap@/{database or self.settings.database_name}?host={self.socket}"

    # --- state -------------------------------------------------------------------------------------------

    def status(self) -> Status:
        version = self._made_by()
        if version is None:
            return Status("absent", self.folder, self.socket, None, None)
        pid = self._running_pid()
        return Status("stopped" if pid is None else "running", self.folder, self.socket, version, pid)

    def _made_by(self) -> str | None:
        try:
            return (self.folder / "PG_VERSION").read_text(encoding="ascii").strip()
        except OSError:
            return None

    def _running_pid(self) -> int | None:
        """Pid of the server that holds the data folder, or None; a stale pid file counts as none."""
        try:
            lines = (self.folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            pid = int(lines[0])
            os.kill(pid, 0)
        except (OSError, ValueError, IndexError, OverflowError):
            return None
        return pid if is_server_of(self.folder, pid, unsure=True) else None

    # --- start and stop ----------------------------------------------------------------------------------

    def start(self, *, background: bool = False, watch: bool = False) -> bool:
        """Make the cluster where there is none and start it unless it runs.

        Returns True when this call started it. The caller owns a child it started: :meth:`stop_child` ends it.
        ``watch`` goes on looking after the server, whoever started it, until :meth:`stop_child`: when it is killed, or
        ends with the process that started it, it is started again as a child of this one. ``gridmap db down`` holds.

        Raises
        ------
        ProgramMissing, DataFolderVersion, ServerUnavailable
        """
        programs = find_programs(self._made_by())
        self._prepare_home()
        with self._locked():
            if self._running_pid() is not None:
                self._await_ready(programs)
                if watch:
                    self._hold(programs, watch=True, spawn=False)
                return False
            self._check_version(programs)
            if self._made_by() is None:
                self._make(programs)
            self._configure()
            self._clear_remains()
            self._stopped_on_purpose.unlink(missing_ok=True)
            if background:
                self._launch_background(programs)
            else:
                self._hold(programs, watch=watch, spawn=True)
            self._await_ready(programs)
            return True

    def stop(self) -> bool:
        """Stop the cluster, whoever started it or watches it. Returns False when it was not running."""
        if self._running_pid() is None:
            return False
        self._stopped_on_purpose.touch()
        return self._shut_down()

    def stop_child(self) -> None:
        """Stop the server if this process started it as its child; leave any other alone.

        A process forked from the one that started it (a worker of the web server) is not the one that started it.
        """
        self._closing = True
        if self._child is None:
            self._stop_starter.set()
        elif self._owner == os.getpid():
            if self._running_pid() == self._child.pid:
                with contextlib.suppress(ServerUnavailable):
                    self._shut_down()
            self._child = None
            self._stop_starter.set()

    def _shut_down(self) -> bool:
        pid = self._running_pid()
        if pid is None:
            return False
        os.kill(pid, signal.SIGINT)  # "fast": open transactions are rolled back, a checkpoint is written
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while self._running_pid() == pid:
            if self._child is not None:
                self._child.poll()  # reaps it: a zombie would look alive
            if time.monotonic() > deadline:
                raise ServerUnavailable(detail=f"the private database (process {pid}) does not stop; see {self.log}")
            time.sleep(0.02)
        return True

    def reset(self) -> None:
        """Stop the cluster and delete all its data."""
        self.stop()
        for path in (self.folder, self.socket):
            shutil.rmtree(path, ignore_errors=True)
        self.log.unlink(missing_ok=True)

    # --- making ------------------------------------------------------------------------------------------

    def _prepare_home(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        for path in (self.folder, self.socket):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.geteuid() == 0:
                os.chown(path, *account(self.settings.database_account))
        self.log.touch(mode=0o600, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(self.log, *account(self.settings.database_account))

    def _check_version(self, programs: Programs) -> None:
        found = self._made_by()
        if found is not None and found != programs.major:
            raise DataFolderVersion(path=self.folder, found=found, available=programs.major)

    def _make(self, programs: Programs) -> None:
        if any(self.folder.iterdir()):
            raise ServerUnavailable(
                detail=f"{self.folder} is not empty and holds no database of gridmap; move it away or set GRIDMAP_HOME"
            )
        command = [
            str(programs.initdb),
            f"--pgdata={self.folder}",
            "--username=gridmap",
            "--encoding=UTF8",
            f"--locale={'C.UTF-8' if sys.platform == 'linux' else 'C'}",
            "--auth=trust",  # the socket's folder admits only the account that runs the server, and root
            "--data-checksums",
        ]
        if not self.settings.database_fsync:
            command.append("--no-sync")
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **self._as_account()
        )
        if done.returncode != 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise ServerUnavailable(detail=f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")

    def _configure(self) -> None:
        path = self.folder / "gridmap.conf"
        durability = "" if self.settings.database_fsync else NOT_DURABLE
        path.write_text(CONFIGURATION.format(socket=self.socket, durability=durability), encoding="utf-8")
        path.chmod(0o644)
        main = self.folder / "postgresql.conf"
        line = "include = 'gridmap.conf'\n"
        if line not in main.read_text(encoding="utf-8"):
            with main.open("a", encoding="utf-8") as file:
                file.write(line)

    # --- launching ---------------------------------------------------------------------------------------

    def _as_account(self) -> dict[str, Any]:
        """Arguments of subprocess that drop root: own uid and gid, no further groups, a clean environment."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        if os.geteuid() != 0:
            return {"env": environment, "cwd": "/"}
        uid, gid = account(self.settings.database_account)
        return {"env": environment, "cwd": "/", "user": uid, "group": gid, "extra_groups": []}

    def _command(self, programs: Programs) -> list[str]:
        return [str(programs.postgres), "-D", str(self.folder)]

    def _launch_background(self, programs: Programs) -> None:
        with self.log.open("ab") as log:
            subprocess.Popen(
                self._command(programs),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_account(),
            )

    def _clear_remains(self) -> None:
        """Clear away what a killed server left: its zombie, and backends that have not noticed yet.

        A backend in the middle of a long computation notices only at its end, and holds the shared memory until then:
        a new server would refuse to start. Nothing is lost: what was not committed is gone with the old server, what
        was is in the log. Called with no server running.
        """
        with contextlib.suppress(OSError, ValueError, IndexError):
            killed = int((self.folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
            os.waitpid(killed, os.WNOHANG)  # a zombie of ours would pass for a living server
        deadline = time.monotonic() + START_TIMEOUT_S
        while (left := servers_of(self.folder)) and time.monotonic() < deadline:
            for pid in left:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)

    def _hold(self, programs: Programs, *, watch: bool, spawn: bool) -> None:
        """Start the server so that the kernel ends it when this process dies, even by SIGKILL; then look after it.

        The parent-death signal fires when the *thread* that started the child ends, so a thread that lives as long as
        this process does the starting.
        """
        started = threading.Event()
        failure: list[BaseException] = []

        def starter() -> None:
            try:
                if spawn:
                    self._spawn_child(programs)
            except OSError as error:
                failure.append(error)
            finally:
                started.set()
            while not self._stop_starter.wait(WATCH_S if watch else None):
                self._revive(programs)

        self._stop_starter.clear()
        self._closing = False
        threading.Thread(target=starter, name="gridmap-database", daemon=True).start()
        started.wait()
        if failure:
            raise ServerUnavailable(detail=f"PostgreSQL does not start: {failure[0]}")

    def _spawn_child(self, programs: Programs) -> None:
        self._owner = os.getpid()
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command(programs),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C on the terminal reaches serve, which stops the server itself
                preexec_fn=die_with(os.getpid()),
                **self._as_account(),
            )

    def _revive(self, programs: Programs) -> None:
        """Start the server again if it is gone and nobody told it to go."""
        if self._running_pid() is not None:
            return
        # A thread that ends takes the server with it: what fails now is tried again at the next look.
        with contextlib.suppress(OSError, ServerUnavailable), self._locked():
            unwanted = self._closing or self._stopped_on_purpose.exists() or self._made_by() is None
            if not unwanted and self._running_pid() is None:
                self._clear_remains()
                self._spawn_child(programs)
                self._await_ready(programs)

    def _await_ready(self, programs: Programs) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        command = [str(programs.pg_isready), "-q", "-h", str(self.socket), "-U", "gridmap", "-d", "postgres"]
        while subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode != 0:
            ended = self._child is not None and self._child.poll() is not None
            if ended or time.monotonic() > deadline:
                raise ServerUnavailable(
                    detail=f"PostgreSQL does not come up; the end of {self.log}: {self._last_words()}"
                )
            time.sleep(0.03)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return " / ".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-4:])
        return "(no log)"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Two processes that start at once take turns."""
        path = self.home / "start.lock"
        with path.open("a") as file:
            _lock(file)
            yield


def _lock(file: IO[str]) -> None:
    fcntl.flock(file, fcntl.LOCK_EX)
