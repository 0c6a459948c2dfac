"""X3DH: how a session begins, from either side."""

import msgspec

from sandbox.crypto import curve
from sandbox.ratchet.session import (
    ReceivingChain,
    SendingChain,
    Session,
    Unanswered,
    ratchet_step,
)


class Bundle(msgspec.Struct, frozen=True):
    """What a device publishes so that others may write to it first. All keys are public."""

    registration_id: int
    identity: bytes
    signed_prekey_id: int
    signed_prekey: bytes
    signature: bytes
    prekey_id: int | None = None
    prekey: bytes | None = None


def open_as_alice(identity: bytes, bundle: Bundle) -> Session:
    """A session towards the publisher of `bundle`; `identity` is our private key."""
    ephemeral, ratchet = curve.new_private(), curve.new_private()
    secrets = [
        curve.agree(identity, bundle.signed_prekey),
        curve.agree(ephemeral, bundle.identity),
        curve.agree(ephemeral, bundle.signed_prekey),
    ]
    if bundle.prekey is not None:
        secrets.append(curve.agree(ephemeral, bundle.prekey))
    root, chain = _agreed(secrets)
    root, sending = ratchet_step(root, ratchet, bundle.signed_prekey)
    return Session(
        base=curve.public_of(ephemeral),
        local_identity=curve.public_of(identity),
        remote_identity=bundle.identity,
        root=root,
        sending=SendingChain(ratchet, sending),
        receiving=(ReceivingChain(bundle.signed_prekey, chain),),
        unanswered=Unanswered(
            bundle.prekey_id, bundle.signed_prekey_id, curve.public_of(ephemeral)
        ),
    )


def open_as_bob(
    identity: bytes,
    signed_prekey: bytes,
    prekey: bytes | None,
    *,
    their_identity: bytes,
    base: bytes,
) -> Session:
    """The session that Alice began towards our private keys, with her ephemeral key `base`."""
    secrets = [
        curve.agree(signed_prekey, their_identity),
        curve.agree(identity, base),
        curve.agree(signed_prekey, base),
    ]
    if prekey is not None:
        secrets.append(curve.agree(prekey, base))
    root, chain = _agreed(secrets)
    return Session(
        base=base,
        local_identity=curve.public_of(identity),
        remote_identity=their_identity,
        root=root,
        sending=SendingChain(signed_prekey, chain),
    )


def _agreed(secrets: list[bytes]) -> tuple[bytes, bytes]:
    pair = curve.derive(b"\xff" * 32 + b"".join(secrets), info=b"WhisperText", length=64)
    return pair[:32], pair[32:]
