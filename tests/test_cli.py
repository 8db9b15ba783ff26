"""The command line: results, messages, exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import journal_maker
import pytest
from answers import make_store
from journal_maker import STAMP

from wxtrace.cli import BROKEN, FOUND, INTERRUPTED, NOT_FOUND, USAGE, main

TIME = "2026-09-21 22:13:20"


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setenv("WXTRACE_LANG", "en")
    monkeypatch.delenv("WXTRACE_STORE", raising=False)
    monkeypatch.delenv("WXTRACE_JOURNAL", raising=False)


@pytest.fixture(name="store")
def make_a_store(tmp_path):
    """A store that holds one push."""
    return str(make_store(tmp_path / "store"))


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "wxtrace", *arguments],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_find_prints_the_push_and_succeeds(store, capsys):
    """The two values of the alarm are enough; the result is on stdout, the first line is the verdict."""
    assert FOUND == main(["find", "--openid", "oA", "--stamp", str(STAMP), "--store", store])

    out, err = capsys.readouterr()
    assert ("Verdict: Answered well", "") == (out[:22], err)


@pytest.mark.parametrize("form", [["--json"], ["--format", "json"]])
def test_find_prints_one_json_document(store, capsys, form):
    """Both spellings print the same, and nothing beside it."""
    assert FOUND == main(["find", "--openid", "oA", "--stamp", str(STAMP), "--store", store, *form])

    assert 1 == len(json.loads(capsys.readouterr().out)["attempts"])


def test_find_without_openid_takes_what_has_the_stamp(store):
    """Old alarms carry no openid."""
    assert FOUND == main(["find", "--stamp", str(STAMP), "--store", store])


def test_find_by_the_time_of_the_alarm(store):
    """The alarm's time is the stamp, read in UTC+8."""
    assert FOUND == main(["find", "--openid", "oA", "--time", TIME, "--store", store])


def test_absence_has_an_exit_code_and_a_document(store, capsys):
    """A script can tell absence from success, and read why."""
    assert NOT_FOUND == main(["find", "--openid", "oNobody", "--stamp", str(STAMP), "--store", store, "--json"])

    assert [] == json.loads(capsys.readouterr().out)["attempts"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--stamp is missing"),
        (["--stamp", "abc"], "--stamp is 'abc'"),
        (["--stamp", "-5"], "--stamp is '-5'"),
        (["--stamp", str(STAMP), "--time", TIME], "Give one of the two"),
        (["--time", "today"], "--time is 'today'"),
        (["--openid", " ", "--stamp", str(STAMP)], "--openid is ' '"),
        (["--openid", "o A", "--stamp", str(STAMP)], "without spaces"),
        (["--stamp", str(STAMP), "--tolerance", "x"], "--tolerance is 'x'"),
    ],
    ids=["none", "text", "negative", "both", "no-time", "blank", "spaces", "tolerance"],
)
def test_wrong_usage_says_what_to_give(store, capsys, arguments, message):
    """Exit code 2, one message on stderr, nothing on stdout."""
    assert USAGE == main(["find", "--store", store, *arguments])

    out, err = capsys.readouterr()
    assert ("", True, 1) == (out, message in err, len(err.splitlines()))


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["find", "--format", "svg"], ["last", "0"]])
def test_what_the_command_line_does_not_know_is_wrong_usage(arguments):
    """An unknown command, a format that is not there yet, none of the newest."""
    assert USAGE == main(arguments)


@pytest.mark.parametrize("stamp", [f"{STAMP}123", f"{STAMP}123456"])
def test_a_stamp_in_milliseconds_is_used_and_said(store, capsys, stamp):
    """It is what people paste from their own logs."""
    assert FOUND == main(["find", "--openid", "oA", "--stamp", stamp, "--store", store])

    assert f"looked up as {STAMP}" in capsys.readouterr().err


@pytest.mark.parametrize("stamp", [STAMP * 1000, 10**11, 10**17])
def test_the_command_that_last_prints_finds_an_absurd_stamp(tmp_path, capsys, stamp):
    """A push that came with milliseconds is found by the number that the store has."""
    access = journal_maker.span(1, stamp=stamp, layer="access", span_kind="SERVER")
    journal_maker.make_writer(tmp_path / "journal", [access])
    assert FOUND == main(["last", "--store", str(tmp_path)])
    hint = capsys.readouterr().out.splitlines()[-1].partition("wxtrace ")[2].split()

    assert FOUND == main([*hint, "--store", str(tmp_path)])

    assert f"stamp {stamp}" in capsys.readouterr().out


def test_last_says_when_the_store_is_made(tmp_path, capsys):
    """Before the first request there is no folder; that is no reason to look for a wrong path."""
    assert BROKEN == main(["last", "--store", str(tmp_path / "none")])

    assert "the folder is made at its first request" in capsys.readouterr().err


def test_full_width_digits_are_digits(store):
    """A stamp typed with a Chinese input method is the same stamp."""
    wide = str(STAMP).translate(str.maketrans("0123456789", "０１２３４５６７８９"))

    assert FOUND == main(["find", "--openid", "oA", "--stamp", wide, "--store", store])


def test_a_store_that_is_not_there_is_its_own_exit_code(tmp_path, capsys):
    """A wrong folder must not look like a push that never came."""
    assert BROKEN == main(["find", "--stamp", str(STAMP), "--store", str(tmp_path / "none")])

    assert "No store at" in capsys.readouterr().err


def test_damage_is_told_and_the_rest_is_read(store, capsys):
    """A journal of noise beside a sound one costs nothing; absence beside it is not certain."""
    noise = Path(store) / "spans/day=d20260921/hour=h14/noise.parquet"
    noise.parent.mkdir(parents=True)
    noise.write_bytes(b"PAR1" + bytes(range(256)) * 4 + b"PAR1")

    codes = [main(["find", "--openid", name, "--stamp", str(STAMP), "--store", store]) for name in ("oA", "oB")]

    assert [FOUND, BROKEN] == codes
    assert "noise.parquet cannot be read" in capsys.readouterr().out


def test_messages_are_in_the_readers_language(monkeypatch, capsys):
    """A Chinese locale gets Chinese messages."""
    monkeypatch.setenv("WXTRACE_LANG", "zh")

    assert USAGE == main(["find"])
    assert "缺少 --stamp" in capsys.readouterr().err


def test_an_interrupt_ends_quietly(store, monkeypatch):
    """Ctrl-C is 130, without a traceback."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wxtrace.lookup.lookup.look_up", interrupt)

    assert INTERRUPTED == main(["find", "--stamp", str(STAMP), "--store", store])


def test_a_segment_is_printed_record_by_record(store, capsys):
    """What lies in a journal can be seen without a lookup."""
    (segment,) = Path(store).glob("journal/*/*.wxj")

    assert FOUND == main(["journal", str(segment)])

    types = [json.loads(line)["type"] for line in capsys.readouterr().out.splitlines()]
    assert ["META", "SPAN", "SPAN", "LOG"] == types


def test_a_segment_that_is_not_there_is_damage(tmp_path):
    """A wrong path is told, with the store's exit code."""
    assert BROKEN == main(["journal", str(tmp_path / "none.wxj")])


def test_the_newest_pushes_are_shown(store, capsys):
    """Before any alarm it can be seen that pushes are recorded."""
    assert FOUND == main(["last", "5", "--store", store])

    assert f"stamp {STAMP}" in capsys.readouterr().out


def test_a_store_without_pushes_is_not_a_success(tmp_path):
    """A script that waits for the first push can ask for it."""
    (tmp_path / "journal").mkdir()

    assert NOT_FOUND == main(["last", "--store", str(tmp_path)])


def test_a_sealed_push_is_found_the_same(store, capsys):
    """Sealing and compacting move the records, and change no answer."""
    found = ["find", "--openid", "oA", "--stamp", str(STAMP), "--store", store, "--json"]
    documents = []
    for before in ([], ["seal", "--store", store], ["compact", "--store", store]):
        assert not before or main(before) == FOUND
        capsys.readouterr()
        main(found)
        documents.append(json.loads(capsys.readouterr().out)["attempts"])

    assert [documents[0]] * 3 == documents


@pytest.mark.parametrize("command", [["seal"], ["compact"], ["last"], ["seal", "--follow"]])
def test_no_command_makes_a_store(tmp_path, capsys, command):
    """A mistyped path is told, and nothing is left there."""
    assert BROKEN == main([*command, "--store", str(tmp_path / "none")])

    assert ("No store at" in capsys.readouterr().err, False) == (True, (tmp_path / "none").exists())


@pytest.mark.parametrize("option", [["--keep-days", "x"], ["--keep-bytes", "-1"]])
def test_what_is_kept_must_be_a_number(store, option):
    """Nothing is dropped by a mistake in typing."""
    assert USAGE == main(["seal", "--store", store, *option])


def test_sealing_keeps_what_it_is_told_to_keep(store, capsys):
    """Hours beyond the size that is kept are gone after sealing."""
    assert FOUND == main(["seal", "--store", store, "--keep-bytes", "0"])

    assert re.search(r"dropped 1 hours of \d+ bytes by age or size; 0 bytes are left", capsys.readouterr().err)
    assert [] == list(Path(store).rglob("*.parquet"))


def test_find_leaves_pandas_alone(store):
    """pandas takes half a second to come; a lookup in the terminal does without."""
    code = (
        "import sys; from wxtrace.cli import main; "
        f"code = main(['find', '--openid', 'oA', '--stamp', '{STAMP}', '--store', {store!r}]); "
        "sys.exit('pandas' if 'pandas' in sys.modules else code)"
    )

    done = subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
                          capture_output=True, text=True, check=False)  # fmt: skip

    assert (FOUND, "") == (done.returncode, done.stderr)


def test_the_module_runs_as_the_command(store):
    """`python -m wxtrace` is `wxtrace`, and plain where it is piped."""
    done = run("find", "--openid", "oA", "--stamp", str(STAMP), "--store", store)

    assert (FOUND, "", False) == (done.returncode, done.stderr, "\x1b" in done.stdout)


def test_a_pipe_that_closes_early_is_no_error(tmp_path):
    """`wxtrace find … | head -1` shows one line and no traceback."""
    many = [journal_maker.span(1, layer="access", module="asgi", span_kind="SERVER")]
    many += [journal_maker.log(n, event="x" * 900) for n in range(2, 3000)]
    store = make_store(tmp_path, *many)
    command = f"{sys.executable} -m wxtrace find --openid oA --stamp {STAMP} --json --store {store} | head -c 20"

    done = subprocess.run(command, shell=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
                          capture_output=True, text=True, check=False)  # fmt: skip

    assert (20, "") == (len(done.stdout), done.stderr)


def test_an_ascii_pipe_gets_an_ascii_document(tmp_path):
    """Where Chinese cannot be written, JSON escapes it and text shows escapes."""
    store = str(make_store(tmp_path, journal_maker.span(1, layer="access", span_kind="SERVER", name="中文😀")))
    found = ["find", "--openid", "oA", "--stamp", str(STAMP), "--store", store]

    text, document = run(*found, PYTHONIOENCODING="ascii"), run(*found, "--json", PYTHONIOENCODING="ascii")

    assert (FOUND, True) == (text.returncode, "\\u4e2d\\u6587" in text.stdout)
    assert "中文😀" == json.loads(document.stdout)["attempts"][0]["spans"][0]["name"]
