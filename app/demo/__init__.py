"""The demonstration province: invented, repeatable for a day, and made through the program's own verbs."""

from app.demo.province import DemoExists, HalfDone, seed

__all__ = ["DemoExists", "HalfDone", "seed"]
