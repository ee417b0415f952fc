"""Backup, restore, rehearsal and a school's hand-over: one way out of the database, one way in (docs/adr/0014)."""
