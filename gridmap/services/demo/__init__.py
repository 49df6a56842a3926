"""The demo county: invented ground, people, cases and planted blind areas, with the truth about them.

``generate.generate`` makes it in memory, ``inputs.coverage_inputs`` hands it to the engine without a database,
``load.load`` puts it into one, with accounts and coverage runs.
"""
