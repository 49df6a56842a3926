"""Cases 事项: one intake, one table of moves, deadlines that are data, and the resident's verdict at the end."""

from gridmap.services.cases.acts import ask_extension, assign, comment, decide_extension, link, publish
from gridmap.services.cases.duplicates import me_too, nearby
from gridmap.services.cases.intake import locate, report, report_as_resident, report_by_api
from gridmap.services.cases.moving import Given, move, move_many
from gridmap.services.cases.reading import case, cases, points, version

__all__ = [
    "Given",
    "ask_extension",
    "assign",
    "case",
    "cases",
    "comment",
    "decide_extension",
    "link",
    "locate",
    "me_too",
    "move",
    "move_many",
    "nearby",
    "points",
    "publish",
    "report",
    "report_as_resident",
    "report_by_api",
    "version",
]
