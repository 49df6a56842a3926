"""``gridmap serve``: the application in the foreground, with the private database as its child."""

from __future__ import annotations

import socket
import sys
from typing import Any

import click

from gridmap.errors import ServerUnavailable
from gridmap.settings import Settings, settings
from gridmap.store.database import open_database


@click.command("serve")
@click.option("--host", help="Address to listen on (GRIDMAP_HOST; 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (GRIDMAP_PORT; 8000).")
def command(host: str | None, port: int | None) -> None:
    """Serve the web application until Ctrl-C.

    The private database is started when it is down, and ends with this process, however that ends.
    """
    serve(settings(), host=host, port=port)


def serve(chosen: Settings, *, host: str | None = None, port: int | None = None) -> None:
    """Serve until a signal comes.

    The database stays open in this process, the parent of the server's worker: the worker makes its own connections.

    Raises
    ------
    ServerUnavailable
        The port is taken, or the database cannot be reached.
    """
    address = (host or chosen.host, port or chosen.port)
    _check_free(*address)
    with open_database(chosen, watch=True) as database:
        database.engine.dispose()  # no connection may be shared with the worker that is forked next
        click.echo(f"gridmap serves at http://{address[0]}:{address[1]}  (Ctrl-C ends it)", err=True)
        _run_gunicorn(chosen, *address)


def _check_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise ServerUnavailable(
                detail=f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port"
            ) from error


def _run_gunicorn(chosen: Settings, host: str, port: int) -> None:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        """One worker process with threads: runs, caches and rate limits live in one place."""

        def load_config(self) -> None:
            bracketed = f"[{host}]" if ":" in host else host
            values: dict[str, Any] = {
                "bind": f"{bracketed}:{port}",
                "workers": 1,
                "threads": chosen.threads,
                "worker_class": "gthread",
                "timeout": 120,
                "graceful_timeout": 10,
                "keepalive": 30,
                "accesslog": None,
                "loglevel": "warning",
                "proc_name": "gridmap",
                "control_socket_disable": True,
            }
            for name, value in values.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            from gridmap.jobs import queue
            from gridmap.web.app import create_app

            app = create_app(chosen)
            queue.start(app.extensions["gridmap_database"])
            return app

    try:
        Server().run()
    except SystemExit as ended:  # the arbiter's way to return; the database is closed by our caller
        if ended.code:
            sys.exit(ended.code)
