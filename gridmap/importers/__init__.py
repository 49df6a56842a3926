"""Files in: read right, or refused with a reason. Registry → readers → mapping → staging; nothing is written here."""

from gridmap.importers.problems import Problem, problems_of
from gridmap.importers.registry import FORMATS, read_frame

__all__ = ["FORMATS", "Problem", "problems_of", "read_frame"]
