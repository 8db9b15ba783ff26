"""WeChat's message encryption, against what wechatpy 1.8.18 made of the same message."""

from __future__ import annotations

import pytest

from wxtrace.crypto import MessageCrypto, signature, signed

CRYPTO = MessageCrypto("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wx1234567890abcdef")
MESSAGE = "<xml><ToUserName><![CDATA[gh_demo]]></ToUserName><Content><![CDATA[你好]]></Content></xml>"
ENCRYPTED = (
    "Q3stYC6hdFzMh9T8HCvyDH9UTgHrzXvXNY6dSnJMj7GP6PBSWAA5ouBgYZXATrrqsKcbgwzwJ0aeIuHNnCChcARzoHKA5+2NlD5NBQmnbSUa"
    "fmZtAlaNBBr/zjzhcBnoxq6C+1+3x2S9fAEen/1t5Nv4ToeUzOqT3xUS6NE42KUloR1znOErr26JEORo6R+VBqhH/ZiPTk0gmiAALodUtQ=="
)
MSG_SIGNATURE = "c31e4f66813dace8f33282e06396ed91e4d64e87"


def test_a_message_is_encrypted_as_another_library_does():
    """The same message, key, appid and salt give the same bytes."""
    assert ENCRYPTED == CRYPTO.encrypt(MESSAGE, b"0123456789abcdef")


def test_a_message_of_another_library_is_decrypted():
    """What wechatpy encrypted comes back whole."""
    assert MESSAGE == CRYPTO.decrypt(ENCRYPTED)


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 5000])
def test_every_length_comes_back(length):
    """The padding holds at and around every block's end, with a random salt."""
    assert "好" * length == CRYPTO.decrypt(CRYPTO.encrypt("好" * length))


def test_the_msg_signature_is_that_of_another_library():
    """Sorted, joined, SHA-1: as wechatpy signs."""
    assert MSG_SIGNATURE == signature("token-of-the-test", "1745231475", "nonce-1", ENCRYPTED)


def test_a_signature_is_recognised_whatever_is_claimed():
    """The right one is taken; a wrong one, none, and one that is no ASCII are refused."""
    claims = [signature("t", "1", "n"), "0" * 40, "", "签名"]

    assert [True, False, False, False] == [signed(claim, "t", "1", "n") for claim in claims]


@pytest.mark.parametrize(
    "encrypted",
    ["", "no base64", "AAAA", ENCRYPTED[:-24], "A" * 43 + "="],
    ids=["empty", "text", "short", "cut", "noise"],
)
def test_noise_is_refused(encrypted):
    """What was not encrypted with the key is refused in words, whatever it is."""
    with pytest.raises(ValueError, match=r"not encrypted with this account's EncodingAESKey|is for appid"):
        CRYPTO.decrypt(encrypted)


def test_a_message_for_another_account_is_refused():
    """The same key does not make it ours: the appid inside must be."""
    other = MessageCrypto(CRYPTO.encoding_aes_key, "wx0000000000000000")

    with pytest.raises(ValueError, match="for appid 'wx0000000000000000', not for 'wx1234567890abcdef'"):
        CRYPTO.decrypt(other.encrypt(MESSAGE))
