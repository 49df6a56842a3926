"""Sessions: roll back by default, and keep their time limit."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from gridmap.store.columns import is_storable
from gridmap.store.database import Database, is_timeout


def test_the_time_limit_of_a_session_holds_after_a_commit_and_ends_with_it(database: Database) -> None:
    with database.session(statement_timeout_s=0.1) as session:
        session.execute(text("SELECT 1"))
        session.commit()
        with pytest.raises(OperationalError) as caught:
            session.execute(text("SELECT pg_sleep(5)"))
        assert is_timeout(caught.value)
    with database.session() as session:
        assert session.execute(text("SHOW statement_timeout")).scalar_one() == "0"


def test_a_session_rolls_back_what_nobody_committed(database: Database) -> None:
    with database.session() as session:
        session.execute(text("INSERT INTO editions (name, adopted_on) VALUES ('lost', '2026-01-01')"))
    with database.session() as session:
        assert session.execute(text("SELECT count(*) FROM editions")).scalar_one() == 0


@pytest.mark.parametrize(
    ("words", "storable"), [("云河县 \U0001f3d8", True), ("a\0b", False), ("\udfff", False), ("", True)]
)
def test_texts_that_postgresql_cannot_hold_are_known(words: str, storable: bool) -> None:
    assert is_storable(words) is storable
