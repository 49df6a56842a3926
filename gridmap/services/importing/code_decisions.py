"""What a person decides about a code list, in words.

For a code of the list: ``rename`` or ``keep`` (the name), ``recode:OLD`` (it is the unit that had the code OLD),
``merge:OLD,OLD…`` (made of these), ``split:OLD`` (a part of that one), ``new``. For a unit that the list no longer
names: ``retire``, ``keep`` (the unit), ``into:CODE`` (it became part of that one). ``gone`` in place of a code answers
for every such unit that has no answer of its own.

Sure matches come filled in and can be changed; everything else waits for an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gridmap.domain.code_lists import SURE, Entry, Evidence, Match, Relation
from gridmap.domain.codes import level_of
from gridmap.domain.imports import Choice, Decision
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.errors import BadInput

#: Stands for all units that are gone and have no word of their own.
ALL_GONE = "gone"
#: Levels whose units a list may merge and split; grids are redrawn by plans.
MERGED_LEVELS = (Level.TOWN, Level.COMMUNITY)


@dataclass
class Verdicts:
    """What was decided. ``carried``: code of the list → code of the unit that stands and goes on under it.

    ``kept``: codes whose name stays as it stands; ``merged``: old code → code of the list that took it in; ``split``:
    old code → codes of the list that it fell into; ``retired``: old codes that end; ``open``: codes still undecided.
    """

    carried: dict[str, str] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    merged: dict[str, str] = field(default_factory=dict)
    split: dict[str, list[str]] = field(default_factory=dict)
    retired: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)


def decide(
    matches: Sequence[Match], old: Mapping[str, Entry], new: Mapping[str, Entry], decided: Mapping[str, str]
) -> tuple[tuple[Decision, ...], Verdicts]:
    """Decisions with what was chosen, and the verdicts so far.

    Raises
    ------
    BadInput
        A word is none, or names a unit that is not in the lists.
    """
    desk = _Desk(old, new, decided)
    gone: list[Match] = []
    for match in matches:
        if match.relation is Relation.GONE or (match.relation is Relation.MERGED and match.new[0] in old):
            gone.append(match)
        elif match.relation in (Relation.KEPT, Relation.RESPELLED):
            desk.verdicts.carried[match.new[0]] = match.old[0]
        elif match.relation is Relation.RENAMED:
            desk.renamed(match)
        else:
            for code in match.new:
                desk.fresh(match, code)
            gone += [Match(Relation.GONE, (code,), (), match.evidence, 0.0, match.alternatives) for code in match.old]
    for match in gone:
        for code in match.old:
            desk.gone(match, code)
    unknown = sorted(set(decided) - desk.asked - {ALL_GONE} - set(old) - set(new))
    if unknown:
        raise BadInput(detail=Message("There is nothing to decide about {code}.", {"code": ", ".join(unknown[:5])}))
    return tuple(desk.decisions), desk.verdicts


class _Desk:
    def __init__(self, old: Mapping[str, Entry], new: Mapping[str, Entry], decided: Mapping[str, str]) -> None:
        self.old, self.new, self.decided = old, new, decided
        self.decisions: list[Decision] = []
        self.verdicts = Verdicts()
        self.asked: set[str] = set()
        #: old codes that an undecided code of the list may still take up
        self.pending: set[str] = set()
        #: old code → the code of the list that took it up
        self.taken: dict[str, str] = {}

    # --- one question each -------------------------------------------------------------------------------

    def renamed(self, match: Match) -> None:
        code = match.new[0]
        before, after = self.old[code].name, self.new[code].name
        choices = (
            Choice("rename", Message("It is called {name} now", {"name": after}), _why(match.evidence)),
            Choice("keep", Message("Keep the name {name}", {"name": before})),
        )
        text = Message("The code stays, the name changes: {old} → {new}.", {"old": before, "new": after})
        word = self._ask(code, after, text, choices, "rename" if match.confidence >= SURE else None)
        if word is not None:
            self.verdicts.carried[code] = code
            if word == "keep":
                self.verdicts.kept.add(code)

    def fresh(self, match: Match, code: str) -> None:
        """A code that is new in the list, or stands for another name than before."""
        entry = self.new[code]
        choices = self._origins(match, code)
        if not choices and code not in self.old:
            return
        if code in self.old:
            before = self.old[code].name
            choices.append(Choice("rename", Message("It is {name}, called so now", {"name": before})))
        choices.append(Choice("new", Message("A new unit")))
        proposed = {
            Relation.RECODED: f"recode:{match.old[0] if match.old else ''}",
            Relation.NEW: "new",
        }.get(match.relation)
        sure = match.confidence >= SURE or (match.relation is Relation.NEW and code not in self.old)
        text = Message("This code is new in the list. Which unit is it?")
        if code in self.old:
            text = Message("The list gives this code to another name than before. Which unit is it?")
        word = self._ask(code, entry.name, text, tuple(choices), proposed if sure else None)
        if word is None:
            self.pending.update(each for choice in choices for each in _codes(choice.value))
            return
        verb, codes = word.partition(":")[0], _codes(word)
        if verb == "rename":
            verb, codes = "recode", (code,)
        clash = next((each for each in codes if each in self.taken and verb != "split"), None)
        if clash is not None:
            self._reopen(code, clash)
        elif verb in ("recode", "merge"):
            carrier = code if code in codes else codes[0]
            self.verdicts.carried[code] = carrier
            for each in codes:
                self.taken[each] = code
                if each != carrier:
                    self.verdicts.merged[each] = code
        elif verb == "split":
            self.taken.setdefault(codes[0], code)
            self.verdicts.split.setdefault(codes[0], []).append(code)

    def gone(self, match: Match, code: str) -> None:
        """A unit that the list no longer names, and that no code of the list has taken up."""
        if code in self.taken or code in self.pending or code in self.new or code in self.asked:
            return
        heirs = [(match.new[0], match.evidence)] if match.new else []
        heirs += [
            (each.new[0], each.evidence)
            for each in match.alternatives
            if each.old == (code,) and each.new[0] in self.old and each.new[0] not in [heir for heir, _ in heirs]
        ]
        choices = []
        if level_of(code) in MERGED_LEVELS:
            choices = [
                Choice(
                    f"into:{heir}",
                    Message("It became part of {name} ({code})", {"name": self.new[heir].name, "code": heir}),
                    _why(evidence),
                )
                for heir, evidence in heirs
            ]
        choices += [
            Choice("retire", Message("It no longer exists: end it today")),
            Choice("keep", Message("It still exists: keep it, though the list leaves it out")),
        ]
        text = Message("The list no longer names this unit. What became of it?")
        word = self._ask(code, self.old[code].name, text, tuple(choices), self.decided.get(ALL_GONE))
        if word == "retire":
            self.verdicts.retired.add(code)
        elif word is not None and word.startswith("into:"):
            self.verdicts.merged[code] = _codes(word)[0]

    # --- words -------------------------------------------------------------------------------------------

    def _ask(
        self, code: str, name: str, text: Message, choices: tuple[Choice, ...], proposed: str | None
    ) -> str | None:
        self.asked.add(code)
        word = self.decided.get(code, proposed)
        if word is not None:
            self._check(code, word, choices)
        else:
            self.verdicts.open.add(code)
        self.decisions.append(Decision(code, name, text, choices, word))
        return word

    def _check(self, code: str, word: str, choices: tuple[Choice, ...]) -> None:
        """A word is one of the choices, or one of their kind about other units of the same level."""
        if word in {choice.value for choice in choices}:
            return
        verb, codes = word.partition(":")[0], _codes(word)
        level = level_of(code)
        listed = self.new if verb == "into" else self.old
        in_list = code in self.new
        verbs = ("recode", "merge", "split") if in_list else ("into",)
        known = bool(codes) and all(each in listed and level_of(each) is level for each in codes)
        fits = verb in verbs and known and len(set(codes)) == len(codes)
        if fits and (verb == "merge" or len(codes) == 1) and (verb == "recode" or level in MERGED_LEVELS):
            return
        offered = ", ".join(choice.value for choice in choices)
        raise BadInput(
            detail=Message(
                "{word} is no decision about {code}. Choose one of: {words}.",
                {"word": word[:80], "code": code, "words": offered},
            )
        )

    def _reopen(self, code: str, clash: str) -> None:
        """Two codes of the list cannot be one unit: the second waits for another answer."""
        text = Message(
            "{old} is decided to be {first} already; it cannot be this one too.",
            {"old": clash, "first": self.taken[clash]},
        )
        self.decisions[-1] = replace(self.decisions[-1], text=text, chosen=None)
        self.verdicts.open.add(code)

    def _origins(self, match: Match, code: str) -> list[Choice]:
        """Choices of where a code of the list comes from, the likeliest first."""
        merged = level_of(code) in MERGED_LEVELS
        found: dict[str, Choice] = {}
        if match.relation is Relation.MERGED and merged:
            names = ", ".join(f"{self.old[each].name} ({each})" for each in match.old)
            word = "merge:" + ",".join(match.old)
            found[word] = Choice(word, Message("Made of {names}", {"names": names}), _why(match.evidence))
        elif match.relation is Relation.SPLIT and merged:
            found[f"split:{match.old[0]}"] = Choice(
                f"split:{match.old[0]}", self._of("A part of {name} ({code})", match.old[0]), _why(match.evidence)
            )
        elif match.relation is Relation.RECODED:
            self._recode(found, match.old[0], match.evidence)
        for each in match.alternatives:
            if each.new == (code,):
                self._recode(found, each.old[0], each.evidence)
        return list(found.values())

    def _recode(self, found: dict[str, Choice], old: str, evidence: Evidence) -> None:
        text = self._of("It is {name} ({code}) under another code", old)
        found.setdefault(f"recode:{old}", Choice(f"recode:{old}", text, _why(evidence)))

    def _of(self, text: str, code: str) -> Message:
        return Message(text, {"name": self.old[code].name, "code": code})


def _codes(word: str) -> tuple[str, ...]:
    _, sign, rest = word.partition(":")
    return tuple(each.strip() for each in rest.split(",")) if sign else ()


def _why(evidence: Evidence) -> Message:
    """Evidence in words."""
    given: dict[str, object] = {"alike": round(evidence.similarity * 100), "metres": evidence.distance_m or 0.0}
    if evidence.distance_m is None:
        if evidence.same_parent:
            return Message("Names {alike} % alike; the same unit above.", given)
        return Message("Names {alike} % alike; another unit above.", given)
    if evidence.same_parent:
        return Message("Names {alike} % alike; the same unit above; {metres:,.0f} m apart.", given)
    return Message("Names {alike} % alike; another unit above; {metres:,.0f} m apart.", given)
