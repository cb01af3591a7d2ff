"""Sequences drawn from the rows: legal ones, and near misses that take one row that forbids."""
