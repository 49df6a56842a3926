"""gridmap: grid management on a map. Importing the package imports nothing else."""

__version__ = "0.1.0"
