"""Evidence into records: the canonical trace, and what tools print. Readers never judge."""
