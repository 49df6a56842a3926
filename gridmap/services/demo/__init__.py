"""The demo county: invented ground, people, cases and planted blind areas, with the truth about them."""

from gridmap.services.demo.generate import Demo, generate
from gridmap.services.demo.inputs import coverage_inputs
from gridmap.services.demo.parameters import Parameters, parameters
from gridmap.services.demo.truth import Truth

__all__ = ["Demo", "Parameters", "Truth", "coverage_inputs", "generate", "parameters"]
