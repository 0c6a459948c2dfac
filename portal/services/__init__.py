"""What members do: one verb a module, each in transactions that a guard opened."""
