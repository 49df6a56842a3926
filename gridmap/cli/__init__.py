"""The ``gridmap`` command: one file per command group, imported only when it is called."""

from __future__ import annotations

import importlib
import sys

import click

from gridmap import __version__
from gridmap.errors import GridmapError

#: command → module in this package that defines a click command of the same name
COMMANDS = {
    "demo": "demo",
    "serve": "serve",
    "db": "db",
    "import": "imports",
    "check": "check",
    "repair": "repair",
    "locate": "locate",
    "coverage": "coverage",
    "plan": "plan",
    "jobs": "jobs",
    "case": "case",
    "user": "user",
    "doctor": "doctor",
}


class LazyGroup(click.Group):
    """Imports a command's module only when it is needed: ``gridmap --help`` loads no geometry, no database."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"gridmap.cli.{COMMANDS[cmd_name]}")
        command: click.Command = module.command
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def gridmap() -> None:
    """Grid management on a map: boundaries, people and cases in, coverage maps with the blind areas out."""


def main() -> None:
    """Run the command; a named error becomes one sentence on stderr and the exit code of its family."""
    try:
        gridmap(prog_name="gridmap")
    except GridmapError as error:
        click.echo(f"gridmap: {error}", err=True)
        sys.exit(error.exit_code)
