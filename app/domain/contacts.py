"""How people are reached: what an e-mail address looks like."""

import re


def is_email(text: str) -> bool:
    """True for one address: something, @, a name with a dot."""
    return re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text) is not None
