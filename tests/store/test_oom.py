"""How often the kernel has killed: where the count stands, and when it may be compared."""

from __future__ import annotations

import pytest

from wxtrace.store.oom import GROUP, HOST, Kills, kills_now, kills_since


def made(folder, path: str, text: str) -> str:
    """Make a file, and return its path."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return str(file)


@pytest.mark.parametrize(
    ("listed", "path"),
    [
        ("0::/system.slice/web.service\n", "system.slice/web.service/memory.events"),
        ("0::/\n", "memory.events"),
        ("0::/../outside\n", "memory.events"),
        ("9:name=systemd:/\n4:cpu,memory:/web\n0::/\n", "memory/web/memory.oom_control"),
        ("4:memory:/web\n", "memory/memory.oom_control"),
    ],
)
def test_the_count_of_the_group(tmp_path, listed, path):
    """It stands where the kernel's list says, or where a container has it; in both versions of groups."""
    cgroups, file = made(tmp_path, "cgroup", listed), made(tmp_path, f"fs/{path}", "oom 4\noom_kill 3\n")
    found = kills_now("web1", cgroups, str(tmp_path / "fs"))

    assert found is not None
    assert (GROUP, 3, file, "web1") == (found.of, found.kills, found.file, found.host)


def test_without_a_group_the_hosts_count_is_taken(tmp_path):
    """It counts every process of the host."""
    found = kills_now("web1", str(tmp_path / "none"), str(tmp_path))

    assert found is None or found.of == HOST


def test_growth_is_told(tmp_path):
    """Two were killed since the count was noted."""
    noted = _noted(tmp_path, 3)
    (tmp_path / "fs/memory.events").write_text("oom_kill 5\n")

    assert noted._replace(kills=2) == kills_since(noted, "web1")


def test_what_cannot_be_compared_is_not_told(tmp_path):
    """No growth, another host, another group in the same place, a file that is gone, a note that is missing."""
    noted = _noted(tmp_path, 3)
    same = kills_since(noted, "web1")
    (tmp_path / "fs/memory.events").write_text("oom_kill 5\n")
    others = [kills_since(noted, "web2"), kills_since(noted._replace(inode=0), "web1"), kills_since(None, "web1")]
    (tmp_path / "fs/memory.events").unlink()

    assert [None] * 5 == [same, *others, kills_since(noted, "web1")]


def _noted(folder, kills: int) -> Kills:
    cgroups = made(folder, "cgroup", "0::/\n")
    made(folder, "fs/memory.events", f"oom_kill {kills}\n")
    noted = kills_now("web1", cgroups, str(folder / "fs"))
    assert noted is not None
    return noted
