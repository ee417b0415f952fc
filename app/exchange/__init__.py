"""Open formats: the record as XML by a published schema, and back. Pure: no web, no database."""
