"""Query texts without their literals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxtrace.capture.statements import MAX_KEPT, without_literals

SYSTEMS = ["mysql", "mariadb", "postgresql", "sqlite", "", "microsoft.sql_server", "mongodb"]
MARK = "zq7x"
"""Stands in every generated literal and in no generated name."""


@pytest.mark.parametrize(
    ("system", "text", "expected"),
    [
        ("", "SELECT 1", "SELECT ?"),
        ("", "  SELECT\n\ta1,  b\nFROM t2 ;", "SELECT a1, b FROM t2 ;"),
        ("postgresql", "a = 'it''s' AND b=-1.5e-3", "a = ? AND b=-?"),
        ("postgresql", r"a = '\' AND b = 'x'", "a = ? AND b = ?"),
        ("postgresql", r"a = E'\' AND' AND b = e'x'", "a = ? AND b = ?"),
        ("postgresql", 'SELECT "Name 1" FROM "t""2"', 'SELECT "Name 1" FROM "t""2"'),
        ("postgresql", "SELECT $1::INTEGER, $$a$$, $t$ b $$ c $t$", "SELECT $1::INTEGER, ?, ?"),
        ("postgresql", "SELECT 1 -- why: 'x'\n, 2 /* and */ FROM t", "SELECT ? , ? FROM t"),
        ("postgresql", "SELECT a /* b /* c */ 'd' */ FROM t", "SELECT a ?"),
        ("postgresql", "SELECT 0xFF, 1_000, .5, 5.", "SELECT ?, ?, ?, ?"),
        ("mysql", r"""a = 'it\'s' AND b = "say \"x\"" """, "a = ? AND b = ?"),
        ("mysql", "SELECT `a 1` FROM `t``2` # 'why'\nWHERE b", "SELECT `a 1` FROM `t``2` WHERE b"),
        ("mysql", "SELECT 5--3", "SELECT ?--?"),
        ("mysql", "SELECT /*!40001 SQL_NO_CACHE '*/' */ a", "SELECT a"),
        ("mysql", "SELECT 2*/* 'x' */3", "SELECT ?* ?"),
        ("sqlite", 'SELECT [a 1], "b 2" FROM `c 3` WHERE d = 4', 'SELECT [a 1], "b 2" FROM `c 3` WHERE d = ?'),
        ("", "a = 'x' AND b = \"y\"", "a = ? AND b = ?"),
        ("", r"a = 'x\' AND b = 'y'", "a = ?"),
        ("", "a -- 'b'\n, c --d", "a , c ?"),
        ("oracle.db", "SELECT q'[it's]' FROM t", "SELECT ?"),
        ("mongodb", "find users {'name': 'Fan', 'age': 7}", "find users {?: ?, ?: ?}"),
        ("mysql", "a IN (1, 2,3) AND b in ('x')", "a IN (?) AND b in (?)"),
        ("mysql", "a IN (%s, %s) AND b IN (%(b_1)s, %(b_2)s)", "a IN (?) AND b IN (?)"),
        ("postgresql", "a IN ($1::INTEGER, $2::INTEGER)", "a IN (?)"),
        ("postgresql", "a IN (SELECT 1)", "a IN (SELECT ?)"),
        ("mysql", "INSERT INTO t VALUES (1, 'a'), (2, 'b'),(3,'c')", "INSERT INTO t VALUES (?, ?)"),
        ("mysql", "SELECT 'not closed", "SELECT ?"),
        ("postgresql", 'SELECT "not closed', "SELECT ?"),
        ("mysql", "SELECT a FROM t WHERE b = %s AND c = :c AND d = ?", None),
        ("redis", "SET ? ?", None),
        ("redis", "CLIENT SETINFO ? ?", None),
        ("redis", "SET ? ?\nGET ?", None),
        ("redis", "SET token abc", "SET ?"),
        ("redis", "GET TOKEN", "GET ?"),
        ("redis", "set Fan\nBOB", "SET ?"),
        ("memcached", "get user:7", "GET ?"),
        ("redis", "", ""),
        ("", "", ""),
    ],
)
def test_texts(system, text, expected):
    """Numbers, strings and comments go, lists collapse; names and placeholders stay."""
    assert (text if expected is None else expected) == without_literals(text, system)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    "piece", ["'", '"', "`", "[", "/*", "/*!", "--", "\\", "$a$ ", "e'", "IN (?, ", "VALUES (?), ", "(?,", "1", "#"]
)
def test_long_texts_are_bounded(system, piece):
    """Whatever is repeated, the result is short, and made in one pass: a text of a megabyte is read in no time."""
    assert len(without_literals(piece * (1 << 20), system)) <= MAX_KEPT


def escaped(text: str, system: str) -> str:
    """Return *text* between quotes as a database of *system* reads it."""
    text = text.replace("'", "''")
    return "'" + (text.replace("\\", "\\\\") if system in ("mysql", "mariadb") else text) + "'"


@st.composite
def queries(draw):
    """Return a query, the literals of which have a mark, and the database that it is for."""
    system = draw(st.sampled_from(SYSTEMS))
    held = st.text(st.sampled_from("a'\"\\`$/*-# \n()[]?,;%1é微"), max_size=8)
    literals = [
        held.map(lambda text: escaped(f"{text}{MARK}{text}", system)),
        st.integers(0, 9).map(lambda digit: f"{digit}{MARK}"),
        held.map(lambda text: "/* " + text.replace("*", "").replace("/", "") + MARK + " */"),
        held.map(lambda text: "-- " + text.replace("\n", "") + MARK + "\n"),
    ]
    if system == "postgresql":
        literals += [
            held.map(lambda text: f"$t${text}{MARK}$t$"),
            held.map(lambda text: f"$${text[:3].strip('$')}{MARK}$$"),
        ]
        literals += [held.map(lambda text: "E" + escaped((text + MARK).replace("\\", "\\\\"), system))]
    if system in ("mysql", "mariadb"):
        literals += [held.map(lambda text: '"' + (text + MARK).replace("\\", "\\\\").replace('"', '""') + '"')]
    kept = ["SELECT", "a1", "FROM", "t_2", "=", ",", "(", ")", "IN (", "%s", "$1", ":b", "?", "-", "*", "VALUES ("]
    parts = draw(st.lists(st.one_of(st.sampled_from(kept), *literals), max_size=12))
    return " ".join(parts), system


@given(queries())
def test_no_literal_survives(query):
    """However they are quoted and whatever is in them, strings, numbers and comments are gone."""
    text, system = query

    assert MARK not in without_literals(text, system)


@given(st.one_of(queries(), st.tuples(st.text(max_size=60), st.sampled_from([*SYSTEMS, "redis"]))))
def test_what_is_clean_stays(query):
    """Taken out once, nothing is left to take out."""
    text, system = query
    clean = without_literals(text, system)

    assert clean == without_literals(clean, system)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_long_result_stays(system):
    """One that was cut is not cut again."""
    clean = without_literals('SELECT "a 1", `b`, c ' * 500, system)

    assert clean == without_literals(clean, system)
