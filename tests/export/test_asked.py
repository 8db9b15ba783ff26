"""What is asked of ``wxtrace export``, and of ``wxtrace find`` for other viewers; and what cannot be."""

from __future__ import annotations

import pytest
from collector import collecting
from exporting import FROM, OPENID, TO, exported
from otlp_reading import rows
from strategies import BASE_NS, STAMP

from wxtrace.cli import main
from wxtrace.cli.exits import BROKEN, FOUND, NOT_FOUND, USAGE
from wxtrace.show.times import moment


def test_a_window_is_given_by_stamps(store, capsys):
    """What alarms have as stamps, unix seconds, says a time too."""
    assert FOUND == main(["export", "--from", str(STAMP), "--to", f" {STAMP + 120}", "--store", store])

    assert "exported 2 pushes in 4 requests" in capsys.readouterr().err


def test_an_alarm_gives_the_window(store, tmp_path, capsys):
    """The time and the minutes that an alarm names are the window."""
    alarm = tmp_path / "alarm.txt"
    alarm.write_text(f"Appid: wx1234567890abcdef\n时间: {moment(BASE_NS)}\n内容: 超时\n次数: 5分钟 3次\n", "utf-8")

    assert FOUND == main(["export", "--alarm", str(alarm), "--store", store])

    assert "exported 2 pushes in 4 requests" in capsys.readouterr().err


def test_a_lookup_is_sent_too(store, capsys):
    """`find` sends what it found to the same collectors, and names them without their passwords."""
    with collecting(reply=b'{"partialSuccess": {"errorMessage": "slow down"}}') as collector:
        url = collector.url.replace("//", "//me:secret@")
        assert FOUND == main(["find", "--openid", OPENID, "--stamp", str(STAMP), "--store", store, "-o", url])

    assert 12 == len(rows(collector.taken[0]))
    assert f"slow down\nsent to {collector.url}\n" == capsys.readouterr().err


@pytest.mark.parametrize("form", ["otlp", "perfetto"])
def test_a_push_that_is_not_found_writes_nothing(form, store, tmp_path, capsys):
    """A document with nothing in it helps nobody: it is told, ends with 1, and what was there stays."""
    out = tmp_path / "push.json"
    out.write_text("older")

    code = main(["find", "--stamp", "1400000000", "--store", store, "--format", form, "-o", str(out)])

    told = "Nothing of it is recorded; nothing was written.\n"
    assert (NOT_FOUND, "older", told) == (code, out.read_text(), capsys.readouterr().err)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--from is missing. Give the window by --from and --to, or an alarm by --alarm."),
        (["--from", FROM], "--to is missing. "),
        (["--from", FROM, "--to", FROM], "It must be later than --from."),
        (["--from", "soon", "--to", TO], "--from is 'soon'. Give '2014-12-01 20:12' (UTC+8), or unix seconds, "),
        (["--from", "1" * 5000, "--to", TO], "Give '2014-12-01 20:12' (UTC+8), or unix seconds, "),
        (["--alarm", "x", "--from", FROM], "Give the alarm, or --from and --to."),
        (["--from", FROM, "--to", TO, "-o", "http://x", "--format", "perfetto"], "Only --format otlp can be sent"),
    ],
)
def test_wrong_usage_is_told(arguments, told, store, capsys):
    """What cannot be asked for ends with 2, and with what to give instead."""
    assert USAGE == main(["export", "--store", store, *arguments])

    assert told in capsys.readouterr().err


def test_an_alarm_without_a_time_is_no_window(store, tmp_path, capsys):
    """An alarm that says neither a time nor a stamp gives no window."""
    alarm = tmp_path / "alarm.txt"
    alarm.write_text(
        "Appid: wx1234567890abcdef\n内容: 超时\n次数: 5分钟 3次\n",
        "utf-8",
    )

    assert USAGE == main(["export", "--alarm", str(alarm), "--store", store])

    assert "names neither a push" in capsys.readouterr().err


def test_no_store_ends_with_three(tmp_path):
    """Where there is no store, nothing is written."""
    assert BROKEN == exported("--store", str(tmp_path / "none"), "-o", str(tmp_path / "out"))

    assert [] == list(tmp_path.iterdir())
