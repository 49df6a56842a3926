"""One level of two code lists matched: by code, then by name, parent and place, with the rivals weighed."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

from gridmap.domain.code_matches import Alternative, Entry, Evidence, Match, Relation
from gridmap.domain.unit_names import respelled, same_name, similarity, stem_and_kind

#: A match below this is no candidate, and one below ``LIKELY`` only an alternative.
CANDIDATE, LIKELY = 0.4, 0.6
#: Two candidates this near to one another cannot be told apart by their evidence.
TIE = 0.1
#: Alternatives that are offered with a match.
MOST_ALTERNATIVES = 5
#: Metres between two points of the same committee at most (its office moves within the village), and from where on it
#: is another place.
SAME_PLACE_M, NEAR_M, ELSEWHERE_M = 300.0, 1_500.0, 5_000.0
#: Names of one parent are compared letter by letter up to this many pairs; beyond, only equal names match.
MOST_PAIRS = 250_000

_Told = tuple[float, tuple[str, ...], tuple[str, ...]]


#: Evidence of an entry that did not change: one for all of them.
_SAME = Evidence(1.0, True)


class LevelPair:
    """One level of both lists."""

    def __init__(
        self,
        old: dict[str, Entry],
        new: dict[str, Entry],
        lined_up: Mapping[str, set[str]],
        heirs: Mapping[str, str],
    ) -> None:
        self.old, self.new, self.lined_up, self.heirs = old, new, lined_up, heirs

    def matches(self) -> list[Match]:
        found: list[Match] = []
        both = [code for code in self.old if code in self.new]
        gone = {code: entry for code, entry in self.old.items() if code not in self.new}
        fresh = {code: entry for code, entry in self.new.items() if code not in self.old}
        swapped = self._swapped(both, gone, fresh)
        found.extend(self._by_code(code) for code in both if code not in swapped)
        pairs = self._pairs(
            {**gone, **{code: self.old[code] for code in swapped}},
            {**fresh, **{code: self.new[code] for code in swapped}},
        )
        found += self._unequal(gone, fresh, swapped, pairs)
        return found

    # --- the same code ------------------------------------------------------------------------------------

    def _by_code(self, code: str) -> Match:
        a, b = self.old[code], self.new[code]
        if a.name == b.name:
            return Match(Relation.KEPT, (code,), (code,), _SAME, 1.0)
        evidence = self._evidence(a, b)
        if respelled(a.name, b.name):
            return Match(Relation.RESPELLED, (code,), (code,), evidence, 1.0)
        # a code is kept when a unit is renamed, so the code itself is evidence; half the name in common settles it
        near = evidence.distance_m is not None and evidence.distance_m <= SAME_PLACE_M
        confidence = 0.95 if evidence.similarity >= 0.5 or near else 0.6
        if evidence.distance_m is not None and evidence.distance_m > ELSEWHERE_M:
            confidence = 0.3
        return Match(Relation.RENAMED, (code,), (code,), evidence, confidence)

    def _swapped(self, both: Iterable[str], gone: Mapping[str, Entry], fresh: Mapping[str, Entry]) -> set[str]:
        """Codes that stand in both lists with unlike names, where one of the names stands at another such code."""
        unlike = [
            code
            for code in both
            if self.old[code].name != self.new[code].name and similarity(self.old[code].name, self.new[code].name) < 0.5
        ]
        if not unlike:
            return set()
        names_after = {name_key(entry) for entry in fresh.values()} | {name_key(self.new[code]) for code in unlike}
        names_before = {name_key(entry) for entry in gone.values()} | {name_key(self.old[code]) for code in unlike}
        return {
            code
            for code in unlike
            if name_key(self.old[code]) in names_after or name_key(self.new[code]) in names_before
        }

    # --- other codes --------------------------------------------------------------------------------------

    def _evidence(self, a: Entry, b: Entry) -> Evidence:
        distance = None if a.point is None or b.point is None else math.dist(a.point, b.point)
        above = a.parent == b.parent or (a.parent is not None and b.parent in self.lined_up.get(a.parent, ()))
        return Evidence(similarity(a.name, b.name), above, distance)

    def _score(self, a: Entry, b: Entry, evidence: Evidence, *, part: bool = False) -> float:
        if part:
            score = 0.5
        elif evidence.similarity == 1.0:
            score = 0.65 if same_name(a.name, b.name) else 0.6
        elif evidence.similarity >= 0.5:
            score = 0.5 * evidence.similarity
        else:
            score = 0.0
        score += 0.27 if evidence.same_parent else 0.0
        if evidence.distance_m is not None:
            if evidence.distance_m <= SAME_PLACE_M:
                score += 0.3
            elif evidence.distance_m <= NEAR_M:
                score += 0.15
            elif evidence.distance_m > ELSEWHERE_M:
                score -= 0.3
        return round(max(0.0, min(score, 0.99)), 3)

    def _pairs(self, gone: Mapping[str, Entry], fresh: Mapping[str, Entry]) -> dict[str, list[tuple[float, str]]]:
        """Gone code → candidates as (score, fresh code), the best first."""
        by_stem: dict[str, list[str]] = defaultdict(list)
        by_parent: dict[str | None, list[str]] = defaultdict(list)
        for code, entry in fresh.items():
            by_stem[stem_and_kind(entry.name)[0]].append(code)
            by_parent[entry.parent].append(code)
        found: dict[str, list[tuple[float, str]]] = {}
        left = MOST_PAIRS
        for code, entry in gone.items():
            near = set(by_stem.get(stem_and_kind(entry.name)[0], ()))
            parents = {entry.parent, *self.lined_up.get(entry.parent or "", ())}
            siblings = [each for parent in parents for each in by_parent.get(parent, ())]
            left -= len(siblings)
            if left > 0:
                near.update(siblings)
            scored = [
                (self._score(entry, fresh[each], self._evidence(entry, fresh[each])), each)
                for each in near
                if each != code
            ]
            found[code] = sorted((one for one in scored if one[0] >= CANDIDATE), key=lambda one: (-one[0], one[1]))
        return found

    def _unequal(
        self,
        gone: Mapping[str, Entry],
        fresh: Mapping[str, Entry],
        swapped: set[str],
        pairs: Mapping[str, list[tuple[float, str]]],
    ) -> list[Match]:
        rivals: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for code, candidates in pairs.items():
            for score, each in candidates:
                rivals[each].append((score, code))
        for several in rivals.values():
            several.sort(key=lambda one: (-one[0], one[1]))
        merged = self._merged(gone, fresh, rivals)
        split = self._split(gone, fresh, {code for codes in merged.values() for code in codes})
        taken_old = {code for codes in merged.values() for code in codes} | set(split)
        taken_new = set(merged) | {code for codes in split.values() for code in codes}
        found = [self._many(Relation.MERGED, codes, (code,), pairs) for code, codes in merged.items()]
        found += [self._many(Relation.SPLIT, (code,), codes, pairs) for code, codes in split.items()]
        one_to_one: dict[str, tuple[str, float]] = {}
        ranked = sorted((-score, a, b) for a, candidates in pairs.items() for score, b in candidates)
        for minus, a, b in ranked:
            if -minus < LIKELY or a in taken_old or b in taken_new:
                continue
            taken_old.add(a)
            taken_new.add(b)
            rival = max((score for score, each in (*pairs[a], *rivals[b]) if each not in (a, b)), default=0.0)
            one_to_one[a] = (b, -minus if -minus - rival > TIE else min(-minus, 0.5))
        for a, (b, confidence) in one_to_one.items():
            evidence = self._evidence(self.old[a], self.new[b])
            other = [(score, (a,), (each,)) for score, each in pairs[a] if each != b]
            other += [(score, (each,), (b,)) for score, each in rivals[b] if each != a]
            found.append(Match(Relation.RECODED, (a,), (b,), evidence, confidence, self._others(other)))
        found += self._followed(gone, taken_old, taken_new)
        for code in swapped:
            # half of a swap that found no partner is a renaming after all
            if code not in one_to_one and not any(b == code for b, _ in one_to_one.values()):
                found.append(self._by_code(code))
        for code in (*gone, *(code for code in swapped if any(b == code for b, _ in one_to_one.values()))):
            if code not in taken_old:
                near: list[_Told] = [(score, (code,), (each,)) for score, each in pairs.get(code, ())]
                best = max((score for score, _, _ in near), default=0.0)
                near += self._neighbours(self.old[code])
                found.append(Match(Relation.GONE, (code,), (), Evidence(0.0, False), 1 - best, self._others(near)))
        for code in (*fresh, *(code for code in swapped if code in one_to_one)):
            if code not in taken_new:
                other = [(score, (each,), (code,)) for score, each in rivals.get(code, ())]
                best = max((score for score, _, _ in other), default=0.0)
                found.append(Match(Relation.NEW, (), (code,), Evidence(0.0, False), 1 - best, self._others(other)))
        return found

    def _followed(self, gone: Mapping[str, Entry], taken_old: set[str], taken_new: set[str]) -> list[Match]:
        """Units that went where what stood below them went: into one that was there before or is known by its own
        name, or several together into a new one."""
        together: dict[str, list[str]] = defaultdict(list)
        for code in gone:
            if code not in taken_old and self.heirs.get(code) in self.new:
                together[self.heirs[code]].append(code)
        found = []
        for heir, codes in together.items():
            groups = [(code,) for code in codes] if heir in self.old or heir in taken_new else [tuple(codes)]
            for group in groups:
                whole = heir not in self.old and heir not in taken_new and len(group) == 1
                relation = Relation.RECODED if whole else Relation.MERGED
                evidence = self._evidence(self.old[group[0]], self.new[heir])
                found.append(Match(relation, group, (heir,), evidence, 0.8))
            taken_old.update(codes)
            taken_new.add(heir)
        return found

    def _merged(
        self, gone: Mapping[str, Entry], fresh: Mapping[str, Entry], rivals: Mapping[str, list[tuple[float, str]]]
    ) -> dict[str, tuple[str, ...]]:
        """New code → the old ones it seems to be made of.

        Two at least bear its name, are named in it (东风 + 红旗 → 东风红旗), bear it with something added
        (上江东 + 下江东 → 江东), or lie where it lies. An old one whose very name stands elsewhere is left to that.
        """
        bears = {
            code: {each for score, each in rivals.get(code, ()) if score >= 0.85 and each in gone} for code in fresh
        }
        settled = {each for several in bears.values() for each in several}
        by_parent: dict[str | None, list[Entry]] = defaultdict(list)
        for code, entry in gone.items():
            if code not in settled:
                by_parent[entry.parent].append(entry)
        above: dict[str, list[str]] = defaultdict(list)
        for a, several in self.lined_up.items():
            for b in several:
                above[b].append(a)
        made: dict[str, tuple[str, ...]] = {}
        taken: set[str] = set()
        for code, entry in fresh.items():
            several = bears[code] - taken
            if not several:
                near = [a for parent in {entry.parent, *above.get(entry.parent or "", ())} for a in by_parent[parent]]
                for test in (_part_of, _holds, self._near):
                    several = {a.code for a in near if a.code not in taken and test(a, entry)}
                    if len(several) > 1:
                        break
            if len(several) > 1:
                made[code] = tuple(sorted(several))
                taken |= several
        return made

    def _split(
        self, gone: Mapping[str, Entry], fresh: Mapping[str, Entry], taken: set[str]
    ) -> dict[str, tuple[str, ...]]:
        """Gone code → the new ones that bear its name with something added."""
        by_parent: dict[str | None, list[Entry]] = defaultdict(list)
        for entry in fresh.values():
            by_parent[entry.parent].append(entry)
        made: dict[str, tuple[str, ...]] = {}
        for code, entry in gone.items():
            parents = {entry.parent, *self.lined_up.get(entry.parent or "", ())}
            parts = tuple(sorted(b.code for parent in parents for b in by_parent[parent] if _part_of(entry, b)))
            if len(parts) > 1 and code not in taken:
                made[code] = parts
        claimed = [code for parts in made.values() for code in parts]
        return {code: parts for code, parts in made.items() if all(claimed.count(each) == 1 for each in parts)}

    def _near(self, a: Entry, b: Entry) -> bool:
        return a.point is not None and b.point is not None and math.dist(a.point, b.point) <= NEAR_M

    def _many(
        self,
        relation: Relation,
        old: tuple[str, ...],
        new: tuple[str, ...],
        pairs: Mapping[str, list[tuple[float, str]]],
    ) -> Match:
        """Several to one, or one to several. Never sure: only people know what was put together."""
        all_evidence = [self._evidence(self.old[a], self.new[b]) for a in old for b in new]
        least = min(all_evidence, key=lambda each: (each.same_parent, each.similarity))
        confidence = min(0.8, 0.5 + 0.15 * all(each.same_parent for each in all_evidence) + 0.15 * least.similarity)
        scored = dict.fromkeys(((a, b) for a in old for b in new), CANDIDATE)
        scored |= {(a, b): score for a in old for score, b in pairs.get(a, ()) if b in new}
        other = [(score, (a,), (b,)) for (a, b), score in scored.items()]
        return Match(relation, old, new, least, round(confidence, 3), self._others(other))

    def _neighbours(self, entry: Entry) -> list[_Told]:
        """Units that are kept and may have taken in one that is gone: near it, or with half of its name."""
        if len(self.old) > 20_000:
            return []
        found: list[_Told] = []
        for code, other in self.new.items():
            if code not in self.old or other.parent != entry.parent:
                continue
            evidence = self._evidence(entry, other)
            if _part_of(entry, other) or evidence.similarity == 1.0 or self._near(entry, other):
                found.append((self._score(entry, other, evidence, part=True), (entry.code,), (code,)))
        return found

    def _others(self, found: Iterable[_Told]) -> tuple[Alternative, ...]:
        best = sorted(found, key=lambda one: (-one[0], one[1], one[2]))[:MOST_ALTERNATIVES]
        return tuple(
            Alternative(
                Relation.MERGED if new[0] in self.old and new[0] not in old else Relation.RECODED,
                old, new, self._evidence(self.old[old[0]], self.new[new[0]]), score,
            )
            for score, old, new in best
        )  # fmt: skip


def name_key(entry: Entry) -> tuple[str, str]:
    """A name as it is looked up elsewhere under the same parent: its stem and its kind."""
    return stem_and_kind(entry.name)


def _part_of(a: Entry, b: Entry) -> bool:
    """Whether the whole stem of ``a`` (two characters at least) stands in the longer one of ``b``."""
    short, long = stem_and_kind(a.name)[0], stem_and_kind(b.name)[0]
    return len(short) >= 2 and short != long and short in long


def _holds(a: Entry, b: Entry) -> bool:
    """Whether the stem of ``b`` stands, with something added, in the one of ``a``."""
    return _part_of(b, a)
