"""One function per user-level verb; each owns its transaction through `unit_of_work`."""
