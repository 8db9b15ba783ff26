"""
`find` and `Lookup` under the name that the root module loads them by.
"""

from __future__ import annotations

from wxtrace.lookup import Lookup, find

__all__ = ["Lookup", "find"]
