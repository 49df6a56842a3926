"""Two years of a code list: what was kept, renamed, recoded, merged, split, what is gone and what is new.

The statistics bureau publishes the twelve-digit list every year and never says what became of a code. A code that is
gone and a code that is new may be one place: matched by name, by the unit above and by place, each match with its
evidence and a confidence. What is not sure is offered, not decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from gridmap.domain.code_levels import LevelPair, name_key
from gridmap.domain.code_matches import SURE, Alternative, Entry, Evidence, Match, Relation
from gridmap.domain.unit_names import respelled, similarity

__all__ = [
    "SURE",
    "Alternative",
    "Entry",
    "Evidence",
    "Match",
    "Relation",
    "compare",
    "placed",
    "respelled",
    "similarity",
]


def compare(old: Sequence[Entry], new: Sequence[Entry]) -> tuple[Match, ...]:
    """Match two lists of units, from the top down: units of a town that got another code are looked for there.

    Codes are unique in each list. Order: of the old list, then of what is new.
    """
    before, after = {entry.code: entry for entry in old}, {entry.code: entry for entry in new}
    lined_up: dict[str, set[str]] = defaultdict(set)
    found: list[Match] = []
    depths = _depths(before), _depths(after)
    heirs = _where_children_went(before, after)
    for code, heir in heirs.items():
        lined_up[code].add(heir)
    for depth in sorted({*depths[0].values(), *depths[1].values()}):
        level = LevelPair(
            {code: entry for code, entry in before.items() if depths[0][code] == depth},
            {code: entry for code, entry in after.items() if depths[1][code] == depth},
            lined_up,
            heirs,
        )
        matches = level.matches()
        found.extend(matches)
        for match in matches:
            if match.relation in _LASTING:
                for code in match.old:
                    lined_up[code].update(match.new)
    order = {code: at for at, code in enumerate((*before, *(code for code in after if code not in before)))}
    found.sort(key=lambda match: order[(match.old or match.new)[0]])
    return tuple(found)


_LASTING = (Relation.KEPT, Relation.RESPELLED, Relation.RENAMED, Relation.RECODED, Relation.MERGED, Relation.SPLIT)


def _depths(entries: Mapping[str, Entry]) -> dict[str, int]:
    """How many units stand above each. Parents come first where lists are ordered; others are climbed to."""
    found: dict[str, int] = {}
    for code, entry in entries.items():
        chain, at = [code], entry.parent
        while at is not None and at in entries and at not in found and at not in chain:
            chain.append(at)
            at = entries[at].parent
        depth = found[at] + 1 if at in found else 0
        for one in reversed(chain):
            found[one] = depth
            depth += 1
    return found


def _where_children_went(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> dict[str, str]:
    """Units that are gone → the unit that most of what stood below them, known by name, stands below now.

    Most: three at least, and half of all. Only names that are gone once and new once say anything.
    """
    gone: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    fresh: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    below: dict[str, int] = defaultdict(int)
    for code, entry in before.items():
        if entry.parent is not None and entry.parent in before and entry.parent not in after:
            below[entry.parent] += 1
            if code not in after:
                gone[name_key(entry)].append(entry)
    if not gone:
        return {}
    for code, entry in after.items():
        if code not in before and entry.parent is not None:
            fresh[name_key(entry)].append(entry)
    votes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for name, several in gone.items():
        if len(several) == len(fresh.get(name, ())) == 1:
            votes[str(several[0].parent)][str(fresh[name][0].parent)] += 1
    found = {}
    for code, where in votes.items():
        heir, count = max(where.items(), key=lambda one: (one[1], one[0]))
        if count >= max(3, below[code] / 2) and heir in after:
            found[code] = heir
    return found


def placed(entries: Iterable[Entry], points: Mapping[str, tuple[float, float]]) -> tuple[Entry, ...]:
    """Entries with the points that are known of them."""
    return tuple(replace(entry, point=points.get(entry.code, entry.point)) for entry in entries)
