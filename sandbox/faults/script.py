"""What a phone's connection is made to suffer: one document, set and taken back as a whole."""

from typing import Annotated

import msgspec

_LONGEST_SECONDS = 300
_DAY = 86_400

Seconds = Annotated[float, msgspec.Meta(ge=0, le=_LONGEST_SECONDS, description="Seconds.")]
Ordinal = Annotated[int, msgspec.Meta(ge=1)]


class Pick(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which ones it strikes, counted from 1 since the script was set; the three add up.

    nth: just these. every: each so-manieth. chance: each with this probability, by the seed.
    """

    nth: list[Ordinal] = []
    every: Ordinal | None = None
    chance: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0


class Refusal(Pick, frozen=True, kw_only=True):
    """code: the HTTP status it is refused with."""

    code: Annotated[int, msgspec.Meta(ge=400, le=599)] = 500


class MediaFaults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Downloads are those of what customers sent to the phone; uploads those of its devices.

    delay: before each answer. download_rate: bytes a second. truncated: only half the file comes.
    corrupted: a byte of it is another one.
    """

    upload_refused: Refusal = msgspec.field(default_factory=Refusal)
    download_refused: Refusal = msgspec.field(default_factory=Refusal)
    truncated: Pick = msgspec.field(default_factory=Pick)
    corrupted: Pick = msgspec.field(default_factory=Pick)
    delay: Seconds = 0
    download_rate: Annotated[int, msgspec.Meta(ge=1)] | None = None


class AckError(Pick, frozen=True, kw_only=True):
    """code: WhatsApp's: 463 when the phone may not write first, 479, 400, 421, 500 and others."""

    code: Annotated[int, msgspec.Meta(ge=1, le=999)] = 463


class SendFaults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What befalls messages that the phone's devices send.

    refused: answered with an error, and delivered to nobody. ack_delay: before the server says
    that it took a message, which is delivered at once. unacknowledged: taken and delivered, but
    the server never says so. swallowed: neither. unread: the recipient's phone cannot read it,
    and asks for it once more.
    """

    refused: AckError = msgspec.field(default_factory=AckError)
    ack_delay: Seconds = 0
    unacknowledged: Pick = msgspec.field(default_factory=Pick)
    swallowed: Pick = msgspec.field(default_factory=Pick)
    unread: Pick = msgspec.field(default_factory=Pick)


class FaultScript(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a phone's linked devices suffer it; what is counted is counted for all together.

    seed: the same seed makes the same choices. delay, jitter: before each delivery, which keeps
    the order. drop: not delivered before the device's next login. duplicate: the same stanza
    twice. duplicate_anew: encrypted a second time under the same id, so that the client reports
    it twice. corrupt: the ciphertext is spoilt, so that the client asks for the message again.
    reorder_window: deliveries shuffled in groups of this size; a group that does not fill is
    sent after half a second. reset_after: the connection is reset after this delivery, once.
    half_open: connected, but nothing is read or said. read_pause: between two frames that are
    read. ignore_pings: keepalives go unanswered. clock_skew: added to the time of deliveries.
    no_prekeys: others begin sessions with the phone's devices without one-time prekeys, and its
    devices with others. media, sends: what befalls files, and messages that the devices send.
    """

    seed: int = 0
    delay: Seconds = 0
    jitter: Seconds = 0
    drop: Pick = msgspec.field(default_factory=Pick)
    duplicate: Pick = msgspec.field(default_factory=Pick)
    duplicate_anew: Pick = msgspec.field(default_factory=Pick)
    corrupt: Pick = msgspec.field(default_factory=Pick)
    reorder_window: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    reset_after: Ordinal | None = None
    half_open: bool = False
    read_pause: Seconds = 0
    ignore_pings: bool = False
    clock_skew: Annotated[int, msgspec.Meta(ge=-_DAY, le=_DAY, description="Seconds.")] = 0
    no_prekeys: bool = False
    media: MediaFaults = msgspec.field(default_factory=MediaFaults)
    sends: SendFaults = msgspec.field(default_factory=SendFaults)


NO_FAULTS = FaultScript()
