"""The demo county: invented ground, people, cases and planted blind areas, with the truth about them.

``generate`` makes it in memory, ``coverage_inputs`` hands it to the engine without a database; ``load.load`` puts it
into one, with accounts and coverage runs.
"""

from gridmap.services.demo.generate import Demo, generate
from gridmap.services.demo.inputs import coverage_inputs
from gridmap.services.demo.parameters import Parameters, parameters
from gridmap.services.demo.truth import Truth

__all__ = ["Demo", "Parameters", "Truth", "coverage_inputs", "generate", "parameters"]
