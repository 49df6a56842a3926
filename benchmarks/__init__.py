"""Measurements against peers. ``make bench`` runs them all and prints ratios; results go to benchmarks/results/."""
