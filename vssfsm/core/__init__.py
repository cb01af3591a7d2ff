"""The one mechanism: symbols, tables, beliefs, tracks, findings. No input, no output, no clock."""
