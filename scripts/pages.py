"""A page of the documentation that is written from the code: anew, or with --check compared with what is there."""

import argparse
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def keep(path: Path, text: str, arguments: list[str] | None = None) -> int:
    """Command line of the script that writes a page, named as the page is; returns the exit status."""
    module, name = f"python -m scripts.{path.stem}", f"docs/{path.name}"
    parser = argparse.ArgumentParser(prog=module, description=name)
    parser.add_argument(
        "--check", action="store_true", help="fail when the page is out of date; write nothing"
    )
    if not parser.parse_args(arguments).check:
        path.write_text(text, encoding="utf-8")
        return 0
    current = path.exists() and path.read_text(encoding="utf-8") == text
    print(f"{name} is up to date." if current else f"{name}: run {module}")
    return 0 if current else 1
