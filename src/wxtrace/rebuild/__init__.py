"""Rows to attempts: the tree of spans, and whose the time was. Pure."""
