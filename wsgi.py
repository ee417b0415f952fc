"""Where `flask …` finds the application when it is run in this folder: `flask assess FILE.json`, `flask init-app`."""

from app import create_app

__all__ = ["create_app"]
