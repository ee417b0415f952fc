"""Sealed bundles on media away from the machine: images of them, collections from below, and the register of media."""
