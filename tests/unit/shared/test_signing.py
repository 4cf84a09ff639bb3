"""Only what its owner has signed, byte for byte, is read; everything else is refused with its reason."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import MalformedEvent, Untrusted
from shared.events import EVENTS, OWNERS, read
from shared.signing import Keyring, Signer, Wire, new_key
from tests.integration.transport.samples import closed
from tests.signatures import EVENT_KEYS, SIGNERS

KEYRING = Keyring(EVENT_KEYS)
SIGNED = SIGNERS["issuer"].sign(closed().to_json())


def test_every_type_has_one_owner_and_every_owner_a_key() -> None:
    assert OWNERS.keys() == {kind.model_fields["type"].default for kind in EVENTS}
    assert set(OWNERS.values()) == EVENT_KEYS.keys()


def test_what_the_owner_signed_is_read_and_keeps_its_bytes() -> None:
    spaced = SIGNED.body.replace(b'","', b'" ,\n "')
    wire = SIGNERS["issuer"].sign(spaced)
    assert read(wire, KEYRING).wire == wire
    assert read(wire, KEYRING) == read(SIGNED, KEYRING)
    assert read(wire, KEYRING).model_copy(update={"subject": "other"}).wire.signature == ""


@given(st.integers(0, len(SIGNED.body) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(place: int, by: int) -> None:
    changed = bytearray(SIGNED.body)
    changed[place] ^= by
    with pytest.raises(Untrusted, match=r"^signature"):
        read(Wire(bytes(changed), SIGNED.key_id, SIGNED.signature), KEYRING)


@given(st.binary(max_size=200), st.binary(max_size=20), st.binary(max_size=100))
def test_no_fields_of_a_stranger_are_believed(body: bytes, key: bytes, signature: bytes) -> None:
    for fields in (
        {b"event": SIGNED.body, b"key": key, b"signature": signature},
        {b"event": SIGNED.body, b"key": SIGNED.key_id.encode(), b"signature": signature},
        {b"event": SIGNED.body, b"key": key, b"signature": SIGNED.signature.encode()},
        {b"event": body, b"key": SIGNED.key_id.encode(), b"signature": SIGNED.signature.encode()},
        {b"event": SIGNED.body},
        {},
    ):
        with pytest.raises(Untrusted, match=r"^signature"):
            read(Wire.of(fields), KEYRING)


@pytest.mark.parametrize("stranger", ["notifier", "nobody"])
def test_another_service_cannot_publish_the_owners_events(stranger: str) -> None:
    signer = SIGNERS.get(stranger) or Signer(new_key())
    event = closed()
    for claimed in ("issuer", "notifier", "archive"):
        body = event.model_copy(update={"source": f"/besakakam/{claimed}"}).to_json()
        with pytest.raises(Untrusted):
            read(signer.sign(body), KEYRING)
    forged = event.model_copy(update={"source": "/besakakam/notifier"})
    with pytest.raises(Untrusted, match=r"^not its owner"):
        read(SIGNERS["issuer"].sign(forged.to_json()), KEYRING)


def test_the_signature_is_checked_before_the_event_is_read() -> None:
    with pytest.raises(Untrusted):
        read(Wire(b"no json"), KEYRING)
    with pytest.raises(MalformedEvent):
        read(SIGNERS["issuer"].sign(b"no json"), KEYRING)


def test_old_and_new_keys_hold_side_by_side() -> None:
    old, new = Signer(new_key()), Signer(new_key())
    both = Keyring({"issuer": [old.public, new.public]})
    for signer in (old, new):
        assert both.producer(signer.sign(b"{}")) == "issuer"
    with pytest.raises(Untrusted, match="no key"):
        Keyring({"issuer": [new.public]}).producer(old.sign(b"{}"))


def test_while_a_release_from_before_is_about_unsigned_events_can_be_taken_but_no_false_ones() -> None:
    lenient = Keyring(EVENT_KEYS, required=False)
    assert read(Wire(SIGNED.body), lenient).event_id
    with pytest.raises(Untrusted):
        read(Wire(SIGNED.body + b" ", SIGNED.key_id, SIGNED.signature), lenient)


def test_a_forged_copy_is_another_letter() -> None:
    event, other = closed().to_json(), f"{uuid4()}"
    wires = [Wire(event), SIGNERS["issuer"].sign(event), Wire(event, other, "A"), Wire(event, other + "A", "")]
    wires += [Wire(event + other.encode(), "", ""), Wire(event, other[:-1], other[-1] + "A")]
    digests = [wire.digest for wire in wires]
    assert digests[0] == digests[3]  # without a signature the key's name says nothing
    assert len(set(digests)) == len(wires) - 1
