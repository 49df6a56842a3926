"""Retention: what was needed to do the work and is needed no more is removed by rule."""

from __future__ import annotations

from datetime import datetime, timedelta

from gridmap.services.cases.moment import now
from gridmap.store.database import Session
from gridmap.store.queries import retention as queries

#: Contacts go this long after the end of a case; receipts of requests after this long; closed cases are archived.
CONTACT_AFTER, RECEIPT_AFTER = timedelta(days=60), timedelta(days=30)


def sweep(session: Session, at: datetime | None = None) -> dict[str, int]:
    """Remove contacts of cases that ended long ago, and receipts that nobody repeats; return how many of each."""
    present = at or now(session)
    removed = {
        "contacts": queries.forget_contacts(session, present - CONTACT_AFTER),
        "receipts": queries.forget_receipts(session, present - RECEIPT_AFTER),
    }
    session.commit()
    return removed
