"""Where files are found, and who may put some there."""

import hmac
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

from sandbox.people.person import Person

MEDIA_HOST = "mmg.whatsapp.net"
BUCKET = "t62.7118-24"
_RECIPIENT = "to"
_PURPOSE = b"media upload"


def direct_path(name: str, *, recipient: str = "") -> str:
    """recipient: the number of the phone that suffers faults when it is fetched.

    The client appends `&hash=`, so there must be a query.
    """
    suffix = f"&{_RECIPIENT}={recipient}" if recipient else ""
    return f"/v/{BUCKET}/{name}?ccb=11-4{suffix}"


def file_name(path: str) -> str:
    """The name in a direct path; some text that no file has when it is none of ours."""
    return urlsplit(path).path.rpartition("/")[2]


def recipient_of(query: str) -> str:
    return parse_qs(query).get(_RECIPIENT, [""])[0]


def upload_pass(phone: Person) -> str:
    """What a phone's clients prove to the media server that they are. It outlives a restart."""
    return f"{phone.number}.{_signature(phone)}"


def is_pass_of(phone: Person, given: str) -> bool:
    return hmac.compare_digest(given.encode(), upload_pass(phone).encode())


def _signature(phone: Person) -> str:
    return hmac.digest(phone.prekey_seed, _PURPOSE, sha256).hex()
