"""The WSGI examples: Flask, Django, WeRoBot and wechatpy, each driven in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from random import Random

import pytest
from pages import ROOT, environment

from wxtrace.demo.pushes import KINDS, draw_account, make_push, verification

ACCOUNT = draw_account(Random(3))
OPENID = "oA"
STAMP = 1745231475
KIND = {kind.name: kind for kind in KINDS}
THANKS = "Thank you, we have read: 在吗？"

DRIVE = """
import json, sys
from importlib import import_module
from werkzeug.test import Client
import wxtrace
from wxtrace.journal.launch import Launcher

Launcher.launch_if_none = lambda self: None  # no process may outlive a test
module, name, requests = json.load(sys.stdin)
client = Client(getattr(import_module(module), name))
replies = [
    client.open(target, method=method, data=body.encode(), buffered=True) for method, target, body in requests
]
found = wxtrace.find(openid="oA", stamp=1745231475)
attempts = [
    [[*one.spans["module"]], one.spans["attributes"][0].get("wechat.reply.acceptable"), [*one.logs["event"]]]
    for one in found.attempts
]
print(json.dumps([[[reply.status_code, reply.text] for reply in replies], attempts]))
"""


def drive(folder, where, module, name, *requests):
    """Send *requests* to an example in a new process; return the replies, and what is found of each push."""
    told = {
        "CALLBACK_TOKEN": ACCOUNT.token,
        "CALLBACK_AES_KEY": ACCOUNT.aes_key,
        "CALLBACK_APPID": ACCOUNT.appid,
        "PYTHONPATH": str(ROOT / "examples" / where),
        "WXTRACE_STORE": str(folder / "store"),
    }
    done = subprocess.run(
        [sys.executable, "-c", DRIVE],
        cwd=folder,
        env=environment(**told),
        input=json.dumps([module, name, requests]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def push(kind, mode="plain"):
    """Return the request by which WeChat delivers a push."""
    made = make_push(ACCOUNT, KIND[kind], mode, OPENID, STAMP, Random(4))
    return "POST", made.target, made.body.decode()


@pytest.mark.parametrize(
    ("where", "module", "name", "storage"),
    [("flask", "app", "app", "sqlite"), ("django", "wsgi", "application", "cache")],
    ids=["flask", "django"],
)
def test_a_framework_s_example(tmp_path, where, module, name, storage):
    """Both answer the verification and the pushes, refuse what is not WeChat's, and record each push whole."""
    target, echo = verification(ACCOUNT, STAMP, Random(5))
    requests = [("GET", target, ""), ("POST", "/callback", "<xml/>"), push("CLICK"), push("CLICK"), push("text")]
    replies, attempts = drive(tmp_path, where, module, name, *requests)
    menu = [["wsgi", "reply.menu", storage], True, ["menu clicked: MENU_TODAY"]]

    assert [200, 403, 200, 200, 200] == [status for status, _ in replies]
    assert (echo, "success") == (replies[0][1], replies[4][1])
    assert ["This was click 1.", "This was click 2."] == [
        text.partition("<Content>")[2].partition("</")[0] for _, text in replies[2:4]
    ]
    assert [menu, menu, [["wsgi"], True, []]] == attempts


def test_werobot(tmp_path):
    """WeRoBot's handlers are modules of the logic layer."""
    replies, attempts = drive(tmp_path, "", "with_werobot", "app", push("text"), push("CLICK"))

    assert [200, 200] == [status for status, _ in replies]
    assert THANKS in replies[0][1]
    assert [["wsgi", "reply.text"], ["wsgi", "reply.menu", "cache"]] == [modules for modules, _, _ in attempts]
    assert {True} == {acceptable for _, acceptable, _ in attempts}


@pytest.mark.parametrize("mode", ["plain", "safe"])
def test_wechatpy(tmp_path, mode):
    """In plain and in safe mode wechatpy's reply is one that WeChat accepts."""
    replies, attempts = drive(tmp_path, "", "with_wechatpy", "app", push("text", mode), push("CLICK", mode))

    assert [200, 200] == [status for status, _ in replies]
    assert ("Encrypt" if mode == "safe" else THANKS) in replies[0][1]
    assert [[["wsgi", "reply.text"], True, []]] * 2 == attempts
