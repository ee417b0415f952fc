"""Printed forms out of the record: what fills each form, the register of prints, and the check of a paper."""
