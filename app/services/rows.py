"""Small questions about rows."""

from typing import Any

import sqlalchemy as sa


def is_saved(row: Any) -> bool:
    """True once the row has its id: it was loaded, or flushed."""
    return bool(sa.inspect(row).has_identity)
