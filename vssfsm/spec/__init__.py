"""The specification as data: vocabulary, rows with sources, rulings. Everything else is derived."""

#: Version of the specification itself, reported beside the tool's version.
SPEC_VERSION = "2026.11"
