"""One account per role for the demo, with random passwords kept in a file that only its owner may read."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from gridmap.domain.permissions import Role
from gridmap.services import accounts, passwords
from gridmap.services.demo.parameters import Parameters
from gridmap.store.database import Session
from gridmap.store.queries import accounts as queries
from gridmap.store.queries import desks

FILE = "demo-signins.json"


@dataclass(frozen=True)
class SignIn:
    """A way into the demo."""

    role: str
    name: str
    email: str
    password: str
    scope: str


def ensure(session: Session, home: Path, given: Parameters) -> list[SignIn]:
    """Return a working sign-in per role, adding the accounts or giving new passwords where the file does not fit.

    Commits. The file lies in ``home`` with mode 0600.
    """
    kept = {one.email: one for one in _read(home / FILE)}
    town = given.code[:8] + "1000"
    wanted = [
        (Role.ADMINISTRATOR, "演示管理员", given.code),
        (Role.INSPECTOR, "演示组织部", given.code),
        (Role.PLANNER, "演示规划员", town),
        (Role.WORKER, "演示网格员", desks.busiest_grid(session, town) or town[:9] + "001001"),
        (Role.DISPATCHER, "演示调度员", town),
        (Role.LEADER, "演示负责人", given.code),
    ]
    result = []
    for role, name, scope in wanted:
        email = f"{role.value}@yunhe.example"
        account = queries.by_email(session, email)
        one = kept.get(email)
        if account is None:
            one = SignIn(role.value, name, email, _password(), scope)
            accounts.add(session, email=email, name=name, role=role, scope=scope, password=one.password)
        elif one is None or not passwords.matches(account.password_hash, one.password):
            one = SignIn(role.value, name, email, _password(), scope)
            accounts.reset_password(session, accounts.operator(session), account.id, one.password)
        result.append(one)
    session.commit()
    if result != list(kept.values()):
        _write(home / FILE, result)
    return result


def _password() -> str:
    """Twelve letters and digits in three groups: easy to type, about 60 bits."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))


def _read(path: Path) -> list[SignIn]:
    try:
        return [SignIn(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []


def _write(path: Path, rows: list[SignIn]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump([asdict(row) for row in rows], file, ensure_ascii=False, indent=1)
    fresh.replace(path)
