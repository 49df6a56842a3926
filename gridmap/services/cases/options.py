"""Choices of the county that are no deadlines: distances of duplicates, weights of the composite indicator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import BadInput
from gridmap.store.database import Session
from gridmap.store.models import Option
from gridmap.store.queries import accounts


@dataclass(frozen=True)
class Duplicates:
    """How far and how far back duplicates are looked for."""

    resident_m: float = 250
    worker_m: float = 1_000
    most: int = 5
    days: int = 60


@dataclass(frozen=True)
class Weights:
    """Shares of response, resolution and satisfaction in the composite; they add up to 1."""

    response: float = 0.1
    resolution: float = 0.5
    satisfaction: float = 0.4


_BOUNDS = {"resident_m": (10, 5_000), "worker_m": (10, 20_000), "most": (1, 50), "days": (1, 730)}


def duplicates(session: Session) -> Duplicates:
    return Duplicates(**_kept(session, "duplicates"))


def weights(session: Session) -> Weights:
    return Weights(**_kept(session, "weights"))


def choose(session: Session, actor: Actor, name: str, values: Mapping[str, float]) -> None:
    """Change a group of choices: ``duplicates`` or ``weights``.

    Raises
    ------
    PermissionMissing, BadInput
    """
    actor.require(Permission.MANAGE_CASE_RULES)
    defaults: dict[str, float] = {"duplicates": asdict(Duplicates()), "weights": asdict(Weights())}.get(name, {})
    if not defaults or set(values) != set(defaults):
        raise BadInput(
            detail=Message("The choices are: {names}.", {"names": ", ".join(defaults) or "duplicates, weights"})
        )
    if name == "weights":
        if any(not 0 <= value <= 1 for value in values.values()) or abs(sum(values.values()) - 1) > 1e-9:
            raise BadInput(detail=Message("Weights lie between 0 and 1 and add up to 1."))
    else:
        for key, value in values.items():
            low, high = _BOUNDS[key]
            if not low <= value <= high:
                raise BadInput(
                    detail=Message("{name} lies between {low} and {high}.", {"name": key, "low": low, "high": high})
                )
    row = session.get(Option, name)
    before = dict(row.value) if row else None
    kept = {key: type(defaults[key])(value) for key, value in values.items()}
    if row is None:
        session.add(Option(name=name, value=kept))
    else:
        row.value, row.changed_at = kept, datetime.now(UTC)
    accounts.record(
        session,
        account_id=actor.account_id,
        actor=actor.name,
        action="case option changed",
        subject=name,
        detail={"before": before, "after": kept},
    )
    session.commit()


def _kept(session: Session, name: str) -> dict[str, Any]:
    row = session.get(Option, name)
    return dict(row.value) if row else {}
