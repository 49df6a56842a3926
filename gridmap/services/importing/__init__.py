"""Importing lists and boundaries: rehearsed first, then all or nothing."""

from gridmap.services.importing.outcome import Rehearsal
from gridmap.services.importing.run import Source, commit, open_source, rehearse

__all__ = ["Rehearsal", "Source", "commit", "open_source", "rehearse"]
