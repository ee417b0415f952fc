"""Measurements: `make bench`. Never part of the tests: figures depend on the machine, ratios less so."""
