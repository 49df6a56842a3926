"""Uploads: where a file is on its way into the database."""

from __future__ import annotations

from enum import StrEnum


class UploadState(StrEnum):
    RECEIVED = "received"
    READING = "reading"
    QUESTION = "question"  # reading needs an answer
    READY = "ready"  # rehearsed; problems may stand
    COMMITTING = "committing"
    COMMITTED = "committed"
    REFUSED = "refused"  # the file cannot be used as it is
    FAILED = "failed"  # reading broke off
    DISCARDED = "discarded"


#: States in which nothing more happens to a file.
ENDED = frozenset({UploadState.COMMITTED, UploadState.DISCARDED})
