"""The sealer that the web process launches: when, how, and until when."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from survival_kit import PATIENCE, environment_of, grown_up, sealers, serving, until
from survival_ledger import lines_of, rows, spans_of

from wxtrace.store import paths


@pytest.fixture(name="store")
def _store(tmp_path):
    return tmp_path / "store"


def test_importing_the_app_launches_nothing(store):
    """
    A process that imports the app and ends (`manage.py migrate`) leaves no file and no process.
    """
    command = [sys.executable, "-c", "import survival_app"]
    subprocess.run(command, env=environment_of(store) | {"SEALER": "1"}, check=True)

    assert not store.exists()
    assert [] == sealers(store)


def test_a_request_without_a_tag_launches_nothing(store):
    """
    The journal is there, and its keeper has looked after it once more; there is still no sealer.
    """
    with serving(store, SEALER="1") as server:
        urlopen(f"http://127.0.0.1:{server.port}/push", data=b"<xml/>").close()
        (table,) = until(lambda: list(store.glob("journal/*/open-0001")))
        table.unlink()
        until(table.exists)

        assert [] == sealers(store)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_tagged_requests_launch_one_sealer(store, workers):
    """
    However many workers there are, one follows, in a session of its own, and it is no child of the server.
    """
    with serving(store, "--workers", workers, SEALER="1") as server:
        server.crowd([f"o{number}" for number in range(40)])
        sealer = until(lambda: the_sealer(store))

        assert sealer == os.getsid(sealer)
        assert server.process.pid not in ancestors(sealer)
        assert ["/dev/null"] * 3 == [os.readlink(f"/proc/{sealer}/fd/{number}") for number in range(3)]


def test_the_sealer_ends_when_nobody_records_and_everything_is_sealed(store):
    """
    After the server has gone, by SIGKILL, the sealer seals what is left and ends; no journal is left.
    """
    with serving(store, SEALER="1") as server:
        server.crowd([f"o{number}" for number in range(40)])
        until(lambda: 40 == len(server.ledger.openids("done")))
        sealer = until(lambda: the_sealer(store))
        server.process.kill()
        server.process.wait()
        until(lambda: sealer not in sealers(store))
    found = rows(store)

    assert server.ledger.ended() == spans_of(found.spans, "closed", besides=("asgi", "after_reply"))
    assert server.ledger.said() == lines_of(found.logs)
    assert [] == list(paths.journal_folder(str(store)).glob("*/*"))


def test_another_sealer_is_launched_for_the_next_server(store):
    """
    A server that comes after the sealer has ended launches one of its own.
    """
    seen = set()
    for openid in ("oA", "oB"):
        with serving(store, SEALER="1") as server:
            server.push(openid)
            seen.add(until(lambda: the_sealer(store)))
            server.stop()
            until(lambda: not sealers(store))

    assert 2 == len(seen)
    assert {"oA", "oB"} == {row.openid for row in rows(store).spans}


def test_a_sealer_that_follows_ends_with_status_0(store):
    """
    Nothing that it meets is told by its exit status: an old gunicorn master stops the server on one that is not 0.
    """
    with serving(store) as server, grown_up(follow(store), store) as sealer:
        server.push("oA")
        until(lambda: is_followed(store))
        server.stop()

        assert 0 == sealer.wait(PATIENCE)


def follow(store):
    """Return the command that the sealer is launched by."""
    return [sys.executable, "-m", "wxtrace", "seal", "--follow", "--store", str(store)]


def the_sealer(store):
    """Return the one process that follows; 0 while there is none, or another one that finds the lock taken."""
    followers = sealers(store) if is_followed(store) else []
    return followers[0] if len(followers) == 1 else 0


def is_followed(store):
    """Say whether a process holds the sealer's lock, by the kernel's list of locks."""
    try:
        inode = os.stat(paths.journal_folder(str(store)) / paths.SEALER_LOCK).st_ino
    except FileNotFoundError:
        return False
    return any(f":{inode} " in line for line in Path("/proc/locks").read_text().splitlines())


def ancestors(pid):
    """Return the processes above *pid*."""
    found = []
    while pid > 1:
        status = Path(f"/proc/{pid}/status").read_text()
        pid = int(status.partition("PPid:")[2].split()[0])
        found.append(pid)
    return found
