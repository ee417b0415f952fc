"""The record as open files: reading it out, official formats beside our own, and what comes from other schools."""
