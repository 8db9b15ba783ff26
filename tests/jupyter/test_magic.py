"""Jupyter: ``%wxfind`` and ``%%wxfind`` in a real IPython shell."""

from __future__ import annotations

import subprocess
import sys

import pytest
from answers import make_store
from IPython.utils.capture import capture_output
from journal_maker import STAMP

from wxtrace.lookup.found import Lookup

OPENID = "oA"
ALARM = f"""Appid: wx0123456789abcdef
昵称: 测试号
时间: 2026-09-21 22:13:25
内容: 微信服务器向公众号推送消息或事件后，开发者5秒内没有返回
次数: 5分钟 791次
错误样例: [OpenID={OPENID}][Stamp={STAMP}][3rdUrl=https://example.com/wechat][IP=1.2.3.4][Event=CLICK]
"""


@pytest.fixture
def store(tmp_path):
    """Return a store that holds one push, which was answered well."""
    return make_store(tmp_path / "store")


def ran(shell, code):
    """Return what a cell comes to, and what it prints."""
    with capture_output() as told:
        result = shell.run_cell(code)
    return result, told


def test_a_line_looks_a_push_up(shell, store):
    """By openid and stamp, as `wxtrace find` takes them; what comes back is the Lookup."""
    result, _ = ran(shell, f"%wxfind --openid {OPENID} --stamp {STAMP} --store '{store}'")

    assert (Lookup, 1, "replied") == (type(result.result), len(result.result.attempts), result.result.verdict.case)


def test_what_is_found_can_be_kept(shell, store):
    """It is assigned as a magic's value is; the openid comes from a variable."""
    ran(shell, f"who = {OPENID!r}\nfound = %wxfind --openid {{who}} --stamp {STAMP} --store {store}")

    assert (OPENID, STAMP) == (shell.user_ns["found"].openid, shell.user_ns["found"].stamp)


def test_a_cell_is_the_alarm(shell, store):
    """The alarm is pasted below ``%%wxfind`` as it is, with quotes, brackets and all."""
    result, _ = ran(shell, f"%%wxfind --store {store}\n{ALARM}")

    assert (OPENID, STAMP, "request_timeout") == (
        result.result.openid,
        result.result.stamp,
        result.result.alarm.kind,
    )


def test_an_alarm_may_be_in_a_file(shell, store, tmp_path):
    """In whichever encoding it was saved."""
    (tmp_path / "alarm.txt").write_bytes(ALARM.encode("gb18030"))

    result, _ = ran(shell, f"%wxfind --alarm {tmp_path}/alarm.txt --store {store}")

    assert (OPENID, STAMP) == (result.result.openid, result.result.stamp)


def test_a_window_is_drawn_besides(shell, store):
    """With ``--window`` all that failed in the alarm's window is displayed, and the Lookup returned."""
    result, told = ran(shell, f"%%wxfind --window --store {store}\n{ALARM}")

    assert Lookup is type(result.result)
    assert [str(result.result.window())] == [output.data["text/plain"] for output in told.outputs]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("%wxfind", "--stamp is missing. Paste the alarm below %%wxfind, or give --alarm FILE"),
        ("%wxfind --stamp soon", "--stamp is 'soon'. Give the Stamp of the alarm"),
        ("%wxfind --stamp 1 --time '2025-04-21 18:31:15'", "--stamp, --time is '1, 2025-04-21 18:31:15'."),
        ("%wxfind --stamp 1745231475 --store /nowhere/at/all", "No store at '/nowhere/at/all'"),
        ("%wxfind --json", "unrecognized arguments: --json. It takes [--alarm FILE] [--openid OPENID]"),
        ("%wxfind --openid 'oABC", "No closing quotation"),
        ("%wxfind --alarm /nowhere", "--alarm is '/nowhere: No such file or directory'. Give a file that holds"),
        ("%%wxfind\nnothing of the kind", "alarm is 'nothing of the kind"),
        ("%%wxfind --stamp 1745231475\nAppid: wx0", "The alarm says whom and when"),
    ],
)
def test_an_error_is_a_message(shell, code, expected):
    """What cannot be looked up is told in a line, as IPython tells it of its own magics: no traceback."""
    result, told = ran(shell, code)

    assert "UsageError" == type(result.error_in_exec).__name__
    assert expected in told.stderr
    assert 1 == told.stderr.count("\n")


def test_an_error_is_told_in_chinese(shell, monkeypatch):
    """In the language of the reader."""
    monkeypatch.setenv("WXTRACE_LANG", "zh")

    _, told = ran(shell, "%wxfind --alarm /nowhere")

    assert "请给出存有告警原文的文件" in told.stderr


def test_a_stamp_in_milliseconds_is_taken_with_a_note(shell, store):
    """As on the command line."""
    result, told = ran(shell, f"%wxfind --stamp {STAMP}123 --store {store}")

    assert (1, True) == (len(result.result.attempts), f"looked up as {STAMP}" in told.stderr)


def test_the_extension_can_be_unloaded(shell):
    """The magic is gone then, and comes back with the next load."""
    shell.run_line_magic("unload_ext", "wxtrace")
    gone = shell.find_magic("wxfind"), shell.find_cell_magic("wxfind")
    shell.run_line_magic("load_ext", "wxtrace")

    assert (None, None) == gone
    assert (True, True) == (callable(shell.find_magic("wxfind")), callable(shell.find_cell_magic("wxfind")))


def test_a_magic_says_how_it_is_used(shell):
    """``%wxfind?`` shows examples."""
    assert "%wxfind --openid" in shell.find_magic("wxfind").__doc__


def test_importing_wxtrace_does_not_import_ipython():
    """An app that records has no use for it; only who loads the extension does."""
    code = "import sys, wxtrace; wxtrace.find, wxtrace.start; sys.exit('IPython' in sys.modules)"

    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
