"""Where a result goes: stdout, a file that appears when it is whole, a pipe."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
import threading

import pytest
from answers import make_store
from journal_maker import STAMP

from wxtrace.cli import FOUND, USAGE, main
from wxtrace.cli.written import written


@pytest.fixture(name="asked")
def what_is_asked(tmp_path, monkeypatch):
    """The arguments of a lookup that finds a push."""
    monkeypatch.setenv("WXTRACE_LANG", "en")
    return ["find", "--openid", "oA", "--stamp", str(STAMP), "--store", str(make_store(tmp_path / "store"))]


def test_a_result_goes_into_the_file_that_is_named(asked, tmp_path, capsys):
    """The format is told by the name; nothing is on stdout, and one line says what was written."""
    file = tmp_path / "case.json"

    assert FOUND == main([*asked, "-o", str(file)])

    out, err = capsys.readouterr()
    assert ("", True, 1) == (out, err.startswith(f"wrote {file} ("), len(err.splitlines()))
    assert 1 == len(json.loads(file.read_text("utf-8"))["attempts"])


def test_a_text_in_a_file_has_no_colours(asked, tmp_path, monkeypatch):
    """Whatever the terminal is, the file is plain."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    file = tmp_path / "case.txt"

    assert FOUND == main([*asked, "-o", str(file)])

    text = file.read_text("utf-8")
    assert ("Verdict", False) == (text[:7], "\x1b" in text)


@pytest.mark.parametrize(
    ("mask", "expected"),
    [([], "; openids are masked, --no-mask leaves them"), (["--mask"], ""), (["--no-mask"], "")],
)
def test_that_a_file_is_masked_is_told_to_who_did_not_ask(asked, tmp_path, capsys, mask, expected):
    """What one has asked for needs no word."""
    file = tmp_path / "case.html"

    assert FOUND == main([*asked, "-o", str(file), *mask])

    kib = -(-file.stat().st_size // 1024)
    assert f"wrote {file} ({kib} KiB){expected}\n" == capsys.readouterr().err


@pytest.mark.parametrize(("mask", "expected"), [([], True), (["--no-mask"], True), (["--mask"], False)])
def test_openids_are_masked_where_it_is_asked_for(asked, capsys, mask, expected):
    """JSON is for one's own programs: it has the openid unless --mask is given."""
    assert FOUND == main([*asked, "--json", *mask])

    assert expected == ('"oA"' in capsys.readouterr().out)


def test_a_file_is_its_owners(tmp_path):
    """It holds what a user wrote: nobody else may read it, whatever the umask."""
    with written(str(tmp_path / "case.html")) as stream:
        stream.write("文本")

    assert (0o600, "文本".encode()) == (
        stat.S_IMODE((tmp_path / "case.html").stat().st_mode),
        (tmp_path / "case.html").read_bytes(),
    )


def stopped_in_the_middle(file):
    """Write half of a result, and be interrupted."""
    with written(str(file)) as stream:
        stream.write("new")
        raise KeyboardInterrupt


def test_a_file_that_was_there_stays_until_the_new_one_is_whole(tmp_path):
    """Whoever is stopped in the middle has the old file, and no other beside it."""
    file = tmp_path / "case.html"
    file.write_text("old")

    with pytest.raises(KeyboardInterrupt):
        stopped_in_the_middle(file)

    assert ([file], "old") == (list(tmp_path.iterdir()), file.read_text())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "."], "-o is '.'. That is a folder"),
        (["-o", "no-such-folder/case.json"], "There is no such folder"),
        (["-o", "http://127.0.0.1:9/v1/traces", "--format", "html"], "Only --format otlp can be sent"),
        (["--format", "perfetto", "--window"], "wxtrace export"),
    ],
    ids=["folder", "no-folder", "html-to-url", "window"],
)
def test_wrong_usage_says_what_to_give(asked, capsys, arguments, message):
    """Exit code 2, one message, and nothing written."""
    assert USAGE == main([*asked, *arguments])

    out, err = capsys.readouterr()
    assert ("", True, 1) == (out, message in err, len(err.splitlines()))


def test_a_pipe_is_written_to_as_it_is(tmp_path):
    """A named pipe is no file to be put in the place of."""
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text("utf-8")))
    reader.start()

    with written(str(pipe)) as stream:
        stream.write("piped")
    reader.join(120)

    assert (["piped"], True) == (read, pipe.is_fifo())


def test_a_document_on_stdout_is_utf_8_whatever_the_locale(monkeypatch):
    """A document says itself what it is encoded in; nothing of it is escaped for a terminal."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))

    with written("-") as stream:
        stream.write("五秒")

    assert "五秒" == raw.getvalue().decode()
