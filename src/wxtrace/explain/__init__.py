"""Attempts to a verdict. Pure."""
