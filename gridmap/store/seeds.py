"""What a new database begins with: the moves of cases, lanes, kinds and deadlines (geodata/codes/cases.toml)."""

from __future__ import annotations

import json
import tomllib

from sqlalchemy import Connection, text

from gridmap import resources
from gridmap.domain.cases import PAIRS

#: Deadlines as seeded hold from long before the first case.
SINCE = "2000-01-01 00:00+08"


def plant(connection: Connection) -> None:
    """Write the moves anew, and the rules of cases where there are none yet."""
    connection.execute(text("DELETE FROM case_moves"))
    connection.execute(
        text("INSERT INTO case_moves (before, after) VALUES (:before, :after)"),
        [{"before": before.value, "after": after.value} for before, after in sorted(PAIRS)],
    )
    if connection.execute(text("SELECT EXISTS (SELECT FROM lanes)")).scalar_one():
        return
    given = tomllib.loads((resources.folder("geodata") / "codes" / "cases.toml").read_text(encoding="utf-8"))
    for position, lane in enumerate(given["lanes"]):
        connection.execute(
            text(
                "INSERT INTO lanes (code, name_zh, name_en, position, restricted, extension_days, extension_level,"
                " total_from)"
                " VALUES (:code, :name_zh, :name_en, :position, :restricted, :extension_days, :extension_level,"
                " :total_from)"
            ),
            {
                "restricted": False,
                "extension_days": 15,
                "extension_level": "community",
                "total_from": "intake",
                **{name: value for name, value in lane.items() if name != "terms"},
                "position": position,
            },
        )
        _terms(connection, lane["code"], None, lane["terms"])
    for position, kind in enumerate(given["kinds"]):
        connection.execute(
            text(
                "INSERT INTO case_kinds (code, name_zh, name_en, lane, handled_at, public, position, words, attributes)"
                " VALUES (:code, :name_zh, :name_en, :lane, :handled_at, :public, :position, :words,"
                " CAST(:attributes AS jsonb))"
            ),
            {
                "handled_at": "grid",
                "public": True,
                "words": "",
                **{name: value for name, value in kind.items() if name not in ("terms", "attributes")},
                "attributes": json.dumps(kind.get("attributes", [])),
                "position": position,
            },
        )
        _terms(connection, kind["lane"], kind["code"], kind.get("terms", {}))


def _terms(connection: Connection, lane: str, kind: str | None, terms: dict[str, tuple[str, float]]) -> None:
    for stage, (clock, amount) in terms.items():
        connection.execute(
            text(
                "INSERT INTO deadline_rules (lane, kind, stage, clock, amount, valid)"
                " VALUES (:lane, :kind, :stage, :clock, :amount, tstzrange(CAST(:since AS timestamptz), NULL))"
            ),
            {"lane": lane, "kind": kind, "stage": stage, "clock": clock, "amount": amount, "since": SINCE},
        )
