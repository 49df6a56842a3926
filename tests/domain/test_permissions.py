"""Who may do what, and where."""

from __future__ import annotations

import pytest

from gridmap.domain.permissions import GRANTS, Actor, Permission, Role
from gridmap.errors import OutsideScope, PermissionMissing

TOWN = "990001003000"


def actor(role: Role) -> Actor:
    return Actor(account_id=1, name="somebody", role=role, scope=TOWN)


def test_every_role_has_its_line_in_the_table() -> None:
    assert set(GRANTS) == set(Role)
    assert GRANTS[Role.ADMINISTRATOR] == frozenset(Permission)


def test_permission_inside_the_scope_is_granted() -> None:
    actor(Role.INSPECTOR).require(Permission.EXPORT, "990001003007001")


@pytest.mark.parametrize("code", ["990001000000", "990001004000", "990001004001001"])
def test_nobody_acts_above_or_beside_their_scope(code: str) -> None:
    for role in Role:
        with pytest.raises(OutsideScope, match=code):
            actor(role).require(Permission.VIEW_COVERAGE, code)


def test_missing_permission_is_named() -> None:
    with pytest.raises(PermissionMissing, match=r"worker.*export"):
        actor(Role.WORKER).require(Permission.EXPORT, TOWN)
