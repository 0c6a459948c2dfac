"""Attacks a running platform as its enemies would, and says which fences held."""
