"""What operators can do, one verb a module: the change, its audit row, and a wake-up call."""
