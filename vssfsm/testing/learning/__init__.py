"""The machine that traces show, beside that of the specification."""
