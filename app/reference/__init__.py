"""Reference data: code lists, the curriculum, and invented people for the demonstration province."""
