"""Sign-in, lockout, passwords, and who may manage whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text

from gridmap.domain.permissions import Actor, Role
from gridmap.errors import (
    AccountLocked,
    EmailInvalid,
    EmailTaken,
    NotFound,
    OutsideScope,
    PasswordTooWeak,
    PermissionMissing,
    SignInFailed,
)
from gridmap.services import accounts
from gridmap.settings import settings
from gridmap.store.database import Database, Session
from tests.factories import make_unit

COUNTY, TOWN, GRID = "990001000000", "990001001000", "990001001001001"
PASSWORD = "correct horse battery"


@pytest.fixture
def somebody(session: Session, administrator: Actor) -> accounts.AccountDetails:
    make_unit(session, GRID)
    return accounts.create(
        session, administrator, email="Some@Body.cn", name="某人", role=Role.PLANNER, scope=TOWN, password=PASSWORD
    )


def test_sign_in_gives_the_account_whatever_the_case_of_the_address(
    session: Session, somebody: accounts.AccountDetails
) -> None:
    found = accounts.verify(session, "SOME@body.cn ", PASSWORD)
    assert found.account_id == somebody.account_id
    assert accounts.actor_for(found) == Actor(somebody.account_id, "某人", Role.PLANNER, TOWN)
    assert found.last_sign_in_at is not None


@pytest.mark.parametrize(
    ("email", "password"),
    [("some@body.cn", "wrong"), ("no@body.cn", PASSWORD), ("", ""), ("a\0@b.cn", "x"), ("\ud800@b.cn", "\ud800")],
)
def test_wrong_sign_ins_all_say_the_same(
    session: Session, somebody: accounts.AccountDetails, email: str, password: str
) -> None:
    with pytest.raises(SignInFailed):
        accounts.verify(session, email, password)


def test_too_many_failures_lock_for_a_while_even_with_the_right_password(
    session: Session, somebody: accounts.AccountDetails
) -> None:
    with time_machine.travel("2026-11-01T08:00:00Z", tick=False) as clock:
        for _ in range(settings().lockout_failures):
            with pytest.raises(SignInFailed):
                accounts.verify(session, somebody.email, "wrong")
        session.expire_all()
        with pytest.raises(AccountLocked, match=f"{settings().lockout_minutes:.0f} minutes"):
            accounts.verify(session, somebody.email, PASSWORD)
        clock.shift(timedelta(minutes=settings().lockout_minutes + 1))
        assert accounts.verify(session, somebody.email, PASSWORD).locked_until is None


def test_failures_of_another_session_count_too(database: Database, administrator: Actor) -> None:
    with database.session() as session:
        make_unit(session, GRID)
        accounts.create(
            session, administrator, email="a@b.cn", name="", role=Role.WORKER, scope=GRID, password=PASSWORD
        )
    for _ in range(settings().lockout_failures):
        with database.session() as session, pytest.raises(SignInFailed):
            accounts.verify(session, "a@b.cn", "wrong")
    with database.session() as session, pytest.raises(AccountLocked):
        accounts.verify(session, "a@b.cn", PASSWORD)


def test_a_success_forgets_earlier_failures(session: Session, somebody: accounts.AccountDetails) -> None:
    for _ in range(3):
        for _ in range(settings().lockout_failures - 1):
            with pytest.raises(SignInFailed):
                accounts.verify(session, somebody.email, "wrong")
        session.expire_all()
        accounts.verify(session, somebody.email, PASSWORD)


def test_the_database_holds_an_argon2_hash_and_never_the_password(
    session: Session, somebody: accounts.AccountDetails
) -> None:
    row = session.execute(text("SELECT accounts::text FROM accounts")).scalar_one()
    assert "$argon2id$" in row and PASSWORD not in row
    assert PASSWORD not in str(session.execute(text("SELECT array_agg(audit::text) FROM audit")).scalar_one())


@pytest.mark.parametrize("password", ["short", "1234567890", "aaaaaaaaaaaa", "some@body.cn", "x" * 2000])
def test_weak_passwords_are_refused(session: Session, administrator: Actor, password: str) -> None:
    make_unit(session, GRID)
    with pytest.raises(PasswordTooWeak):
        accounts.create(
            session, administrator, email="some@body.cn", name="", role=Role.WORKER, scope=GRID, password=password
        )


def test_bad_accounts_are_refused(session: Session, administrator: Actor, somebody: accounts.AccountDetails) -> None:
    given = {"name": "", "role": Role.WORKER, "password": PASSWORD}
    with pytest.raises(EmailTaken):
        accounts.create(session, administrator, email="some@BODY.cn", scope=GRID, **given)
    with pytest.raises(EmailInvalid):
        accounts.create(session, administrator, email="nobody", scope=GRID, **given)
    with pytest.raises(NotFound):
        accounts.create(session, administrator, email="x@y.cn", scope="990001009000", **given)
    with pytest.raises(OutsideScope):
        accounts.create(session, administrator, email="x@y.cn", scope="110101000000", **given)


def test_changing_the_password_ends_other_sessions(session: Session, somebody: accounts.AccountDetails) -> None:
    actor = accounts.actor_for(somebody)
    with pytest.raises(SignInFailed):
        accounts.change_password(session, actor, "wrong", "another good one")
    changed = accounts.change_password(session, actor, PASSWORD, "another good one")
    assert changed.stamp != somebody.stamp
    with pytest.raises(SignInFailed):
        accounts.verify(session, somebody.email, PASSWORD)
    assert accounts.verify(session, somebody.email, "another good one")


def test_a_closed_account_cannot_sign_in_and_its_sessions_end(
    session: Session, administrator: Actor, somebody: accounts.AccountDetails
) -> None:
    closed = accounts.set_active(session, administrator, somebody.account_id, False)
    assert closed.stamp != somebody.stamp and not closed.active
    with pytest.raises(SignInFailed):
        accounts.verify(session, somebody.email, PASSWORD)
    accounts.set_active(session, administrator, somebody.account_id, True)
    assert accounts.verify(session, somebody.email, PASSWORD)


def test_only_administrators_manage_accounts_and_only_inside_their_scope(
    session: Session, inspector: Actor, somebody: accounts.AccountDetails
) -> None:
    with pytest.raises(PermissionMissing):
        accounts.list_accounts(session, inspector)
    beside = Actor(None, "beside", Role.ADMINISTRATOR, "990001002000")
    make_unit(session, "990001002000")
    assert accounts.list_accounts(session, beside) == []
    for act in (
        lambda: accounts.reset_password(session, beside, somebody.account_id, "another good one"),
        lambda: accounts.set_active(session, beside, somebody.account_id, False),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(OutsideScope):
        accounts.by_email(session, beside, somebody.email)
