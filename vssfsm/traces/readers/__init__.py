"""Readers of what tools print; each declares its kind of observation and never judges."""
