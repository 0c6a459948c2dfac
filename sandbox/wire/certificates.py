"""The certificate chain that the client checks against its trust root."""

from datetime import datetime, timedelta

from sandbox.crypto import curve, xeddsa
from sandbox.wire import protobuf
from sandbox.wire.noise import ServerIdentity

_INTERMEDIATE_SERIAL, _LEAF_SERIAL = 1, 2
_ROOT_SERIAL = 0
_BACKDATED = timedelta(days=1)
# Made anew at every start, so it only has to outlive one run.
_VALID = timedelta(days=365)


def make_identity(root_private: bytes, *, now: datetime) -> ServerIdentity:
    """A fresh static key, vouched for by an intermediate that the root vouches for."""
    intermediate, static = curve.new_private(), curve.new_private()
    chain = {
        1: _certificate(static, _LEAF_SERIAL, issuer=(intermediate, _INTERMEDIATE_SERIAL), now=now),
        2: _certificate(
            intermediate, _INTERMEDIATE_SERIAL, issuer=(root_private, _ROOT_SERIAL), now=now
        ),
    }
    return ServerIdentity(private=static, certificates=protobuf.encode(chain))


def _certificate(private: bytes, serial: int, *, issuer: tuple[bytes, int], now: datetime) -> bytes:
    issuer_private, issuer_serial = issuer
    details = protobuf.encode(
        {
            1: serial,
            2: issuer_serial,
            3: curve.public_of(private),
            4: int((now - _BACKDATED).timestamp()),
            5: int((now + _VALID).timestamp()),
        }
    )
    return protobuf.encode({1: details, 2: xeddsa.sign(issuer_private, details)})
