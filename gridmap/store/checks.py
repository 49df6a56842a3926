"""The checks behind ``gridmap doctor``: a decorated function joins the list, its docstring is the title."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import text

from gridmap.errors import GridmapError
from gridmap.settings import Settings
from gridmap.store.cluster import Cluster
from gridmap.store.database import Database
from gridmap.store.programs import find_programs


class Verdict(StrEnum):
    GOOD = "good"
    BAD = "bad"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Result:
    """What a check found, and what mends it."""

    title: str
    verdict: Verdict
    detail: str
    cure: str = ""


Check = Callable[[Settings], tuple[Verdict, str, str]]
CHECKS: list[Check] = []


def check(function: Check) -> Check:
    """Add a check to the list, in the order of the file."""
    CHECKS.append(function)
    return function


def run_checks(settings: Settings) -> list[Result]:
    """Run every check; a named error is a bad verdict, never an end."""
    results = []
    for function in CHECKS:
        title = (function.__doc__ or function.__name__).splitlines()[0].rstrip(".")
        try:
            verdict, detail, cure = function(settings)
        except GridmapError as error:
            verdict, detail, cure = Verdict.BAD, str(error), ""
        results.append(Result(title, verdict, detail, cure))
    return results


@check
def programs_stand(settings: Settings) -> tuple[Verdict, str, str]:
    """PostgreSQL with PostGIS is installed."""
    if settings.database_url:
        return Verdict.NOT_APPLICABLE, "an external database is used", ""
    programs = find_programs()
    return Verdict.GOOD, f"version {programs.major} in {programs.folder}", ""


@check
def database_runs(settings: Settings) -> tuple[Verdict, str, str]:
    """The database runs."""
    if settings.database_url:
        with Database(settings.database_url) as database:
            database.is_current()
        return Verdict.GOOD, "reachable", ""
    state = Cluster(settings).status().state
    good = state == "running"
    return Verdict.GOOD if good else Verdict.BAD, state, "" if good else "gridmap db up"


@check
def tables_are_current(settings: Settings) -> tuple[Verdict, str, str]:
    """The tables are of this version."""
    url = _url(settings)
    if url is None:
        return Verdict.NOT_APPLICABLE, "the database is down", ""
    with Database(url) as database:
        good = database.is_current()
    return Verdict.GOOD if good else Verdict.BAD, "current" if good else "older", "" if good else "gridmap db upgrade"


@check
def extensions_stand(settings: Settings) -> tuple[Verdict, str, str]:
    """PostGIS is loaded, and its version is known to work."""
    url = _url(settings)
    if url is None:
        return Verdict.NOT_APPLICABLE, "the database is down", ""
    with Database(url) as database, database.connect() as connection:
        version = connection.execute(
            text("SELECT extversion FROM pg_extension WHERE extname = 'postgis'")
        ).scalar_one_or_none()
    if version is None:
        return Verdict.BAD, "not loaded", "gridmap db upgrade"
    new_enough = tuple(int(part) for part in version.split(".")[:2]) >= (3, 3)
    return Verdict.GOOD if new_enough else Verdict.BAD, version, "" if new_enough else "install PostGIS 3.3 or newer"


@check
def a_county_is_loaded(settings: Settings) -> tuple[Verdict, str, str]:
    """A county is loaded."""
    url = _url(settings)
    if url is None:
        return Verdict.NOT_APPLICABLE, "the database is down", ""
    with Database(url) as database:
        if not database.is_current():
            return Verdict.NOT_APPLICABLE, "the tables are older", ""
        with database.connect() as connection:
            row = connection.execute(
                text("SELECT u.code, u.name FROM county c JOIN units u ON u.id = c.unit_id")
            ).one_or_none()
    if row is None:
        return Verdict.BAD, "none", "gridmap import boundaries FILE --level county --commit, or gridmap demo"
    return Verdict.GOOD, f"{row.code} {row.name}", ""


def _url(settings: Settings) -> str | None:
    if settings.database_url:
        return settings.database_url
    cluster = Cluster(settings)
    return cluster.url() if cluster.status().state == "running" else None
