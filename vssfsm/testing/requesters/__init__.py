"""Requesters under test: a simulated service, its scenarios, and a reference."""
