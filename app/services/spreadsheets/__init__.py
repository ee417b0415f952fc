"""Excel in and out: safe reading, columns by heading, a dry run with a verdict a row, and the same format written."""
