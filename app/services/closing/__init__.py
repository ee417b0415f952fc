"""Confirming, approving and closing: digests of the data, how signatures stand, what is missing, the verbs."""
