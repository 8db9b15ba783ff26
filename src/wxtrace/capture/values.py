"""
Values that errors repeat: of a query's parameters and literals, and passwords in URLs.

Databases and SQLAlchemy put into an error's text what they were asked with: a customer's name in ``Duplicate entry
'…'``, the whole query with its parameters. What kind of error it was stays; what stood in the query goes.
"""

from __future__ import annotations

import re
from typing import Final

_MARKS: Final = (
    *("[SQL: ", "[parameters: ", "DETAIL: ", "LINE ", "uplicate entry ", "ncorrect ", "SQL syntax", "near "),
    *("nvalid input ", "out of range", "alue "),
)
"""One of these is in each text that has such a value."""
_AT_MOST: Final = ".{0,512}?"
"""Of a value, so many characters are looked through: time must grow with the length of the text alone."""
_PATTERNS: Final = (
    # SQLAlchemy: the query and its parameters, to the line that ends its message
    r"(\[(?:SQL|parameters): ).*?(?=\n\(Background on this error at: |\Z)",
    # PostgreSQL: the row or key, and the line of the query
    r"(DETAIL: +).*?(?=\n(?:HINT|CONTEXT|QUERY|LOCATION): |\n\n|\n\[SQL: |\nTraceback |\Z)",
    r"(LINE \d+: )[^\n]*+(?:\n *\^)?",
    rf"((?:invalid input [^\n\"]{{1,80}}: |at or near |out of range: )\"){_AT_MOST}(\")",
    rf"(\bvalue \"){_AT_MOST}(\" is out of range)",
    # MySQL and MariaDB
    rf"(Duplicate entry '){_AT_MOST}(' for key)",
    rf"((?:Incorrect|Truncated incorrect) [\w ()]{{1,40}} value: '){_AT_MOST}('(?= for |[\"\n)]|\Z))",
    rf"(SQL syntax; [^\n']{{1,200}}? near '){_AT_MOST}(' at line|\Z)",
    # SQLite
    rf"(\bnear \"){_AT_MOST}(\": syntax error)",
)
_VALUES: Final = re.compile("|".join(_PATTERNS), re.DOTALL)
_USER: Final = re.compile(r"(?<=://)[^/\s@'\"<>]{1,256}@")


def without_values(text: str) -> str:
    """Return *text* with ``?`` for what an error repeats of a query, and URLs in it without who logs in."""
    if any(mark in text for mark in _MARKS):
        text = _VALUES.sub(_replaced, text)
    return _USER.sub("", text) if "@" in text and "://" in text else text


def may_hold_value(text: str) -> bool:
    """Say whether `without_values` may change *text*, or a text that is a JSON string in it."""
    return ("@" in text and "://" in text) or any(mark in text for mark in _MARKS)


def _replaced(found: re.Match[str]) -> str:
    before, *after = (part for part in found.groups() if part is not None)
    closing = "]" if before.startswith("[") else "".join(after)
    return f"{before}?{closing}"
