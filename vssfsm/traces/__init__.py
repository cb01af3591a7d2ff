"""Evidence into records: the canonical trace and readers of what tools print. Readers never judge."""
