"""
WeChat's message encryption ("safe" and "compat" mode), for servers and senders without an SDK.

Needs the extra ``[crypto]``. A message is AES-CBC of: 16 random bytes, the
length in network order, the message, the appid; padded to a multiple of 32
bytes. `find` never needs any of it: openid and stamp stand in the query.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import struct
from dataclasses import dataclass

from wxtrace.errors import MissingExtra

try:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
except ImportError as error:
    raise MissingExtra("wxtrace.crypto", "crypto") from error

_BLOCK = 32
_SALT = 16


def signature(*parts: str) -> str:
    """
    Return WeChat's signature of *parts*: the SHA-1 of the sorted parts, as hex.

    Args:
        parts: token, timestamp and nonce for ``signature``; the encrypted text too for ``msg_signature``.
    """
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def signed(claimed: str, *parts: str) -> bool:
    """Say, in constant time, whether *claimed* is the `signature` of *parts*."""
    return hmac.compare_digest(claimed.encode(), signature(*parts).encode())


@dataclass(frozen=True, slots=True)
class MessageCrypto:
    """
    Encrypt and decrypt as one account does.

    Args:
        encoding_aes_key: The account's EncodingAESKey, 43 characters.
        appid: The account's appid; a message for another one is refused.
    """

    encoding_aes_key: str
    appid: str

    def encrypt(self, message: str, salt: bytes | None = None) -> str:
        """
        Return *message* encrypted, in Base64.

        Args:
            message: What to send, usually XML.
            salt: 16 bytes that go in front; random if not given.
        """
        text = message.encode()
        plain = (salt or os.urandom(_SALT)) + struct.pack(">I", len(text)) + text + self.appid.encode()
        padding = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def decrypt(self, encrypted: str) -> str:
        """
        Return the message in *encrypted*.

        Raises:
            ValueError: It was not encrypted with this key, or is for another appid.
        """
        try:
            decryptor = self._cipher().decryptor()
            plain = decryptor.update(base64.b64decode(encrypted)) + decryptor.finalize()
            (length,) = struct.unpack_from(">I", plain, _SALT)
            message, appid = _parted(plain[_SALT + 4 : -plain[-1]], length)
        except (binascii.Error, ValueError, struct.error, IndexError) as error:
            raise ValueError("The message was not encrypted with this account's EncodingAESKey.") from error
        if appid != self.appid:
            raise ValueError(f"The message is for appid {appid!r}, not for {self.appid!r}.")
        return message

    def _cipher(self) -> Cipher[modes.CBC]:
        key = base64.b64decode(self.encoding_aes_key + "=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def _parted(content: bytes, length: int) -> tuple[str, str]:
    return content[:length].decode(), content[length:].decode()
