"""Whole numbers as a reader of Vietnamese expects them."""


def format_count(number: int) -> str:
    """Thousands set off by dots: 62.816."""
    return f"{number:,}".replace(",", ".")
