"""Printed forms: what is printed (contexts), which form it is (catalogue), how it is drawn (forms, renderer)."""
