"""What tables written by people have in common: names of columns, blank rows, rows of totals at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from gridmap.domain.messages import Message
from gridmap.importers.problems import Problem, with_problems

#: First words of a row that adds up the rows above it.
TOTALS = re.compile(r"(总\s*计|合\s*计|小\s*计|共\s*计|总\s*数|total|sum|subtotal|grand total)\s*[::]?", re.IGNORECASE)
#: What spreadsheets put where a formula failed.
FAILED = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA)")


def unique_names(names: Sequence[str]) -> list[str]:
    """Column names that differ: an empty one becomes its place, a repeated one gets a number behind it."""
    taken: dict[str, int] = {}
    found = []
    for at, name in enumerate(names, start=1):
        plain = " ".join(str(name).split()) or f"column {at}"
        taken[plain] = taken.get(plain, 0) + 1
        found.append(plain if taken[plain] == 1 else f"{plain} ({taken[plain]})")
    return found


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """A table of texts without blank rows at its end; rows of totals there are emptied and said.

    Rows keep their numbers: what is left out in the middle stays as an empty row, which staging passes over.
    """
    problems: list[Problem] = []
    cells = frame.astype(str).map(str.strip) if len(frame) else frame
    blank = (cells == "").all(axis=1).tolist() if len(frame) else []
    end = len(frame)
    while end and blank[end - 1]:
        end -= 1
    frame = frame.iloc[:end].copy()
    at = end
    while at:
        words = [word for word in cells.iloc[at - 1].tolist() if word]
        if words and not TOTALS.fullmatch(words[0]):
            break
        if words:
            problems.append(
                Problem(
                    at,
                    str(frame.columns[0]),
                    words[0][:80],
                    Message("a row of the list, not a sum of the rows above"),
                    Message("The row of totals was left out."),
                    repaired=True,
                )
            )
            frame.iloc[at - 1] = ""
        at -= 1
    frame = frame.reset_index(drop=True)
    for column in frame.columns:
        failed = np.flatnonzero(frame[column].astype(str).str.fullmatch(FAILED.pattern).to_numpy())
        problems.extend(
            Problem(
                int(row) + 1,
                str(column),
                str(frame[column].iloc[row]),
                Message("a value, not the failure of a formula"),
                Message("Correct the cell and import the file again."),
            )
            for row in failed
        )
    if problems:
        with_problems(frame, problems)
    return frame
