"""Sealed bundles: after each round of entry, each correction and each closing, a new numbered folder for each class."""
