"""Looked up: which push an alarm means, its rows, and what is made of them."""
