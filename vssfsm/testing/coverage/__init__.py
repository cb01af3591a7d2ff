"""Which rows and pairs of rows a corpus of traces takes, and the shortest tests for the others."""
