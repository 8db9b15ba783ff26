"""Every layer, every server, every hop: the matrix, on real servers and services."""

from __future__ import annotations

import os
import socket

import pytest
from matrix.cells import CELLS, SQLALCHEMY
from matrix.expected import expected
from matrix.other_sqlalchemy import NotInstalled, folder_of
from matrix.page import KNOWN, PAGE, page
from matrix.run import run

PORTS = {"": 0, "MariaDB": 3306, "NATS": 4222, "PostgreSQL": 5432, "RabbitMQ": 5672, "Redis": 6379}
REQUIRED = os.environ.get("WXTRACE_REQUIRE_SERVICES") == "1"


def is_there(service):
    """Say whether a service answers here, or has to."""
    with socket.socket() as visitor:
        return REQUIRED or not service or visitor.connect_ex(("127.0.0.1", PORTS[service])) == 0


def missing(cell):
    """Say why a cell is not asked."""
    service, release = cell.column.service, cell.column.sqlalchemy
    return f"SQLAlchemy {release} cannot be installed here" if is_there(service) else f"{service} does not run here"


@pytest.fixture(name="sqlalchemy", scope="module")
def _sqlalchemy(pytestconfig):
    """The folder of each release of SQLAlchemy that can be had; all, where services are required."""
    folders = {}
    for release in SQLALCHEMY:
        try:
            folders[release] = folder_of(release, pytestconfig.cache.mkdir("matrix"))
        except NotInstalled:
            if REQUIRED:
                raise
    return folders


@pytest.fixture(name="seen", scope="module")
def _seen(sqlalchemy, tmp_path_factory):
    """What one run has seen of all cells that can be asked here."""
    there = {service for service in PORTS if is_there(service)}
    columns = [cell for cell in CELLS if cell.column.sqlalchemy in ("", *sqlalchemy)]
    cells = [cell for cell in columns if cell.column.service in there]
    return run(cells, tmp_path_factory.mktemp("run"), sqlalchemy)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_cell(seen, cell):
    """Every span and log line of a push is found under its tag, in its place, and nothing besides."""
    if cell not in seen.trees:
        pytest.skip(missing(cell))
    if cell in KNOWN:
        assert expected(cell) != seen.trees[cell]
    else:
        assert expected(cell) == seen.trees[cell]


def test_wechat_is_not_told(seen):
    """No call of WeChat's API tells for whose push it was made, nor when that was sent."""
    calls = [cell for cell in seen.trees if cell.column.asked == "httpx"]

    assert len(calls) == len(seen.told)
    assert [] == [told for told in seen.told if "baggage" in told.lower() or str(seen.stamp) in told]


def test_the_page(seen):
    """The page that is committed is made of what was seen."""
    if len(seen.trees) < len(CELLS):
        pytest.skip("not every cell can be asked here")
    made = page({cell: expected(cell) == tree for cell, tree in seen.trees.items()})
    if os.environ.get("WXTRACE_WRITE_MATRIX"):
        PAGE.write_text(made, "utf-8")

    assert PAGE.read_text("utf-8") == made
