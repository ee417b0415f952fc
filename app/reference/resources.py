"""Reading of the data files that lie beside the modules of this package."""

import csv
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


def _text(name: str) -> str:
    return files("app.reference").joinpath("data", name).read_text(encoding="utf-8")


@cache
def read_rows(name: str) -> tuple[dict[str, str], ...]:
    """Rows of the CSV file `name` as header → value, values stripped; lines starting with # are remarks."""
    lines = [line for line in _text(name).splitlines() if line.strip() and not line.startswith("#")]
    return tuple({key: (value or "").strip() for key, value in row.items()} for row in csv.DictReader(lines))


@cache
def read_toml(name: str) -> dict[str, Any]:
    """The TOML file `name`. The caller gives its parts their types."""
    return tomllib.loads(_text(name))
