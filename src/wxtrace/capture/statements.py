"""
Query texts without their literals: numbers and strings become ``?``, comments go, lists collapse.

One pass of one pattern for each family of databases; nothing in it goes back, so that time grows
with the length alone. Where it is not known how a database quotes, and the ways that are possible
differ, what follows is dropped: rather too little of a query than a customer's name in it.
"""

from __future__ import annotations

import re
from typing import Final

MAX_READ: Final = 64 << 10
"""Of a longer text, the beginning is read; characters."""
MAX_KEPT: Final = 2048
"""Of a longer result, the beginning is kept; characters."""
_MAX_CACHED, _MAX_CACHED_TEXT = 1024, 4096

_MYSQL: Final = frozenset({"mysql", "mariadb"})
_POSTGRES: Final = frozenset({"postgresql", "postgres", "cockroachdb", "redshift"})
WORDS: Final = frozenset({"redis", "valkey", "memcached"})
"""Databases whose commands are words, with no quoting."""

_NUMBER: Final = r"(?P<literal>(?<![\w$])\.?\d(?:[eE][+-]?\d|[\w.])*+"
_ESCAPED: Final = r"'(?:[^'\\]|\\.|''|\\\Z)*+(?:'|\Z)"
_ESCAPED_DOUBLE: Final = _ESCAPED.replace("'", '"')
_DOUBLED: Final = r"'(?:[^']|'')*+(?:'|\Z)"
_FLAT_COMMENT: Final = r"/\*.*?(?:\*/|\Z)"
_LONE_COMMENT: Final = r"/\*(?:[^*/]|\*(?!/)|/(?!\*))*+\*/"
"""A comment with none inside; where one is, databases differ on where both end."""
_DASHES: Final = r"--[^\n]*+"
_BACKTICKS: Final = r"`(?:[^`]|``)*+`"
_QUOTED_NAME: Final = r'"(?:[^"]|"")*+"'


def _pattern(gap: str, literal: str, kept: str = "", cut: str = "") -> re.Pattern[str]:
    """Return the pattern of a family: what is dropped, replaced, kept, and from where on nothing is kept."""
    groups = [rf"(?P<gap>(?:\s|{gap})++)", rf"{_NUMBER}|{literal})"]
    groups += [f"(?P<kept>{kept})"] if kept else []
    return re.compile("|".join([*groups, rf"(?P<cut>(?:{cut}).*)"]), re.DOTALL)


_FOR_MYSQL: Final = _pattern(
    rf"/\*!(?:[^*'\"`]|\*(?!/)|{_ESCAPED}|{_ESCAPED_DOUBLE}|{_BACKTICKS})*+(?:\*/|\Z)|/\*(?!!).*?(?:\*/|\Z)"
    r"|--(?=\s|\Z)[^\n]*+|\#[^\n]*+",
    rf"{_ESCAPED}|{_ESCAPED_DOUBLE}",
    _BACKTICKS,
    "`|/\\*",
)
_FOR_POSTGRES: Final = _pattern(
    rf"{_LONE_COMMENT}|{_DASHES}",
    rf"(?<![\w$])[eE]{_ESCAPED}|{_DOUBLED}|(?<![\w$])\$(?P<tag>(?:[^\W\d]\w*+)?)\$.*?(?:\$(?P=tag)\$|\Z)",
    _QUOTED_NAME,
    r'"|/\*',
)
_FOR_SQLITE: Final = _pattern(
    rf"{_FLAT_COMMENT}|{_DASHES}", _DOUBLED, rf"{_QUOTED_NAME}|{_BACKTICKS}|\[[^\]]*+\]", r'["`\[]'
)
_FOR_ANY: Final = _pattern(
    rf"{_LONE_COMMENT}|--(?=\s|\Z)[^\n]*+",
    r"(?<![\w$])[nNbBxX]?'(?:[^'\\]|'')*+'|" + r'"(?:[^"\\]|"")*+"',
    r"`[^`'\"\\]*+`",
    r"""['"`#]|--|/\*|\$(?!\d)|(?<!\w)\w{1,2}(?=['"])""",
)

_VALUE: Final = r"[-+]?(?:\?|%s|%\(\w++\)s|[:$@]\w++)(?:::\w++)?+"
_VALUES: Final = rf"\(\s*+{_VALUE}(?:\s*+,\s*+{_VALUE})*+\s*+\)"
_LIST: Final = re.compile(rf"\b(IN)\s*+{_VALUES}", re.IGNORECASE)
_ROWS: Final = re.compile(rf"\b(VALUES\s*+{_VALUES})(?:\s*+,\s*+{_VALUES})++", re.IGNORECASE)
_BARE_COMMAND: Final = re.compile(
    r"(?:(?:ACL|CLIENT|CLUSTER|CONFIG|FUNCTION|MEMORY|OBJECT|PUBSUB|SCRIPT|XGROUP|XINFO) )?[A-Z][A-Z0-9._]*+"
    r"(?: \?)*+(?: \.\.\.)?"
)
_COMMAND: Final = re.compile(r"\s*+([A-Za-z][A-Za-z._]{0,31}+)(?=\s|\Z)")

_cache: Final[dict[tuple[str, str], str]] = {}


def without_literals(text: str, system: str = "") -> str:
    """
    Return a query text with ``?`` for each literal; what has none comes back the same.

    Args:
        text: As the driver was given it; the first 65,536 characters are read.
        system: The database, as ``db.system.name`` has it; "" where it is not known.
    """
    key = system, text
    found = _cache.get(key)
    if found is None:
        found = _by_words(text) if system in WORDS else _bounded(text, _family(system))
        if len(text) <= _MAX_CACHED_TEXT:
            if len(_cache) >= _MAX_CACHED:
                _cache.clear()
            _cache[key] = found
    return found


def _family(system: str) -> re.Pattern[str]:
    if system in _MYSQL:
        return _FOR_MYSQL
    if system in _POSTGRES:
        return _FOR_POSTGRES
    return _FOR_SQLITE if system == "sqlite" else _FOR_ANY


def _bounded(text: str, family: re.Pattern[str]) -> str:
    clean = _scanned(text[:MAX_READ], family)
    clean = _ROWS.sub(r"\1", _LIST.sub(r"\1 (?)", clean))
    return clean if len(clean) <= MAX_KEPT else _scanned(clean[: MAX_KEPT - 1], family) + "…"


def _scanned(text: str, family: re.Pattern[str]) -> str:
    return family.sub(_replaced, text).strip()


def _replaced(found: re.Match[str]) -> str:
    group = found.lastgroup
    if group == "gap":
        return " "
    return found.group() if group == "kept" else "?"


def _by_words(text: str) -> str:
    """Return the command alone, where its arguments are not taken out yet."""
    lines = text[:MAX_KEPT].split("\n")
    if not text or all(_BARE_COMMAND.fullmatch(line) for line in lines):
        return "\n".join(lines)
    command = _COMMAND.match(text)
    return f"{command.group(1).upper()} ?" if command else "?"
