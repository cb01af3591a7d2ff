"""Writers under test: walks from the rows, a judge of replies, and a reference."""
