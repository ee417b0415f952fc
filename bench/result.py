"""A measured figure with its target."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """One row of the table; `most` is the target it must not pass."""

    engine: str
    name: str
    value: float
    unit: str
    most: float | None = None

    @property
    def verdict(self) -> str:
        """ok, OVER, or nothing where no target is set."""
        if self.most is None:
            return ""
        return "ok" if self.value <= self.most else "OVER"

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"verdict": self.verdict}


def table(lines: list[Line]) -> str:
    """The lines as an aligned table."""
    rows = [("engine", "what", "measured", "target", "")]
    rows += [
        (
            line.engine,
            line.name,
            f"{line.value:.2f} {line.unit}".strip(),
            f"≤ {line.most:g} {line.unit}".strip() if line.most is not None else "",
            line.verdict,
        )
        for line in lines
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
