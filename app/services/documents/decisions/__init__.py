"""Decisions of a school's head, filled from the record: the board, the duties, closing and opening of books."""
