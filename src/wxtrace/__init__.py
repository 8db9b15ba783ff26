"""Whose were the five seconds? Tag, record and rebuild the timing of every WeChat push."""
