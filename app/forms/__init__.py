"""Form fields and forms."""
