"""Runs into text and machine-readable reports. The format never changes a verdict."""
