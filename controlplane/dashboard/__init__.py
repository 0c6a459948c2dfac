"""Pages for operators: each does what the REST API does, through the same services."""
