"""One module a place of the dashboard."""
