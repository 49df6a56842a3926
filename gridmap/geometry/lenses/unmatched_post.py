"""Posts that nobody holds."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.domain.codes import prefix
from gridmap.domain.messages import Message
from gridmap.domain.people import MemberKind
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Severity
from gridmap.geometry.lenses.units import about_unit
from gridmap.geometry.survey import Survey


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:  # noqa: ARG001
    """One finding per post."""
    posts = survey.inputs.posts
    vacant = posts[posts["holders"] == 0]
    able = _able(survey)
    found = []
    for post, code, skill in zip(vacant["post_id"], vacant["unit"], vacant["skill"], strict=True):
        if code not in survey.units.index:
            continue
        given: dict[str, object] = {"unit": survey.label(code), "skill": str(skill)}
        near = sum(each.startswith(prefix(code[:12])) for each in able.get(skill, []))
        act = (
            Message("{count} members who report in nearby have the skill {skill}: ask them.", given | {"count": near})
            if near
            else Message("No member who reports in nearby has the skill {skill}: look in the whole town.", given)
        )
        why = Message("Nobody holds the post at {unit} that asks for the skill {skill}.", given)
        found.append(about_unit(survey, "unmatched_post", code, Severity.LOW, why, act, part=f"post {post}"))
    return found


def _able(survey: Survey) -> dict[str, list[str]]:
    """Skill → units where members with it report in, one entry per member."""
    members = survey.inputs.members
    members = members[(members["kind"] == MemberKind.IN_SERVICE.value) & members["compound"].notna()]
    able: dict[str, list[str]] = {}
    for compound, skills in zip(members["compound"], members["skills"], strict=True):
        for skill in skills if isinstance(skills, list | tuple) else ():
            able.setdefault(skill, []).append(compound)
    return able


LENS = Lens(
    name="unmatched_post",
    title="Unmatched post",
    question="Which posts does nobody hold?",
    blindness=Blindness.JOB,
    inputs=("units", "posts", "members", "households", "cases"),
    parameters=(),
    severity=Severity.LOW,
    must=False,
    suggested_act="Ask members nearby who have the skill.",
    answer=answer,
)
