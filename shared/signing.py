"""Who says so: each event's bytes are signed by the service that publishes it (Ed25519), and checked by all others."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from shared.errors import Untrusted

KEY_BYTES = 32


@dataclass(frozen=True)
class Wire:
    """An event as it is published: its bytes, and its producer's key and signature (base64), both empty if unsigned."""

    body: bytes
    key_id: str = ""
    signature: str = ""

    @classmethod
    def of(cls, fields: Mapping[bytes, bytes]) -> "Wire":
        """From the fields of a stream's entry, whoever wrote them."""
        key_id, signature = (fields.get(name, b"").decode("latin-1") for name in (b"key", b"signature"))
        return cls(fields.get(b"event", b""), key_id, signature)

    def fields(self) -> dict[Any, Any]:
        """The fields of a stream's entry."""
        return {"event": self.body} | ({"key": self.key_id, "signature": self.signature} if self.signature else {})

    @property
    def digest(self) -> bytes:
        """One for the same bytes under the same signature: a forged copy of an event is not that event.

        Signed and unsigned ones are hashed by different functions, so that none can be made to look like another.
        """
        body = hashlib.sha256(self.body).digest()
        if not self.signature:
            return body
        key = hashlib.sha256(self.key_id.encode()).digest()
        return hashlib.blake2b(body + key + self.signature.encode(), digest_size=32).digest()


def key_bytes(text: str) -> bytes:
    """A key, public or private, from its base64. Raises `ValueError`."""
    key = b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes in base64")
    return key


def _id_of(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:16]


def new_key() -> str:
    """A private key, in base64."""
    return b64encode(bytes(SigningKey.generate())).decode()


class Signer:
    """Signs with one private key (base64); `public` is what the others need, `key_id` is how they find it."""

    def __init__(self, private: str) -> None:
        self._key = SigningKey(key_bytes(private))
        public = bytes(self._key.verify_key)
        self.public = b64encode(public).decode()
        self.key_id = _id_of(public)

    def sign(self, body: bytes) -> Wire:
        """The bytes under our signature."""
        return Wire(body, self.key_id, b64encode(self._key.sign(body).signature).decode())


class Keyring:
    """The public keys of every producer: several each, so that a new one is known before the first event under it.

    Unless `required`, an event without a signature is taken as well, as long as a release from before signing is about.
    """

    def __init__(self, keys: Mapping[str, Sequence[str]], *, required: bool = True) -> None:
        pairs = ((producer, key_bytes(text)) for producer, texts in keys.items() for text in texts)
        self._keys = {_id_of(public): (producer, VerifyKey(public)) for producer, public in pairs}
        self._required = required

    def producer(self, wire: Wire) -> str | None:
        """Who signed these bytes; None for unsigned ones where they are taken. Raises `Untrusted`."""
        if not wire.signature:
            if self._required:
                raise Untrusted("signature: the event is not signed")
            return None
        producer, key = self._keys.get(wire.key_id, ("", None))
        if key is None:
            raise Untrusted(f"signature: no key {wire.key_id!r:.40} is known")
        try:
            key.verify(wire.body, b64decode(wire.signature, validate=True))
        except (BadSignatureError, ValueError):
            raise Untrusted(f"signature: not that of {producer}'s key {wire.key_id}") from None
        return producer
