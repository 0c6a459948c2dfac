"""What a worker tells for good: kept on its volume until the control plane acknowledges it."""

from datetime import datetime

import msgspec

from shared.enums import MessageKind, ReceiptKind
from shared.structs.media import Media


class Party(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The other side of a chat. At least one is known; both are kept as they are learned.

    phone: E.164 (`+255…`). lid: `<digits>@lid`.
    """

    phone: str | None = None
    lid: str | None = None

    @property
    def number(self) -> str:
        """The phone when known, else the LID: what a person is shown."""
        return self.phone or self.lid or ""


class MessageReceived(msgspec.Struct, frozen=True, kw_only=True, tag="message.received"):
    """A contact wrote. `own_phone` is the tenant's number, E.164.

    in_reply_to: the WhatsApp id of the message that it answers, reacts to, edits or deletes.
    media: of a message that holds a file, which the worker fetches when it is asked to.
    """

    wa_message_id: str
    kind: MessageKind
    contact: Party
    own_phone: str
    text: str
    at: datetime
    push_name: str = ""
    in_reply_to: str | None = None
    media: Media | None = None


class MessageSent(msgspec.Struct, frozen=True, kw_only=True, tag="message.sent"):
    """We wrote, and WhatsApp's server took it.

    in_reply_to: the WhatsApp id of the message that it answers, reacts to, edits or deletes.
    outbound_id: of the queued message this settles; None for an answer of the bot, and for what
        the owner wrote on the phone.
    bot_waits_until: of what the owner wrote: from now until then the bot is silent in this chat.
    """

    wa_message_id: str
    kind: MessageKind
    contact: Party
    own_phone: str
    text: str
    at: datetime
    in_reply_to: str | None = None
    outbound_id: str | None = None
    media: Media | None = None
    bot_waits_until: datetime | None = None


class SendFailed(msgspec.Struct, frozen=True, kw_only=True, tag="send.failed"):
    """A queued message was not sent and will not be. `reason` is a sentence for a person."""

    outbound_id: str
    reason: str
    at: datetime


class SendUncertain(msgspec.Struct, frozen=True, kw_only=True, tag="send.uncertain"):
    """A queued message was sent or not, nobody knows; it is not sent again."""

    outbound_id: str
    reason: str
    at: datetime


class SendExpired(msgspec.Struct, frozen=True, kw_only=True, tag="send.expired"):
    """A queued message was not sent before its `expires_at`."""

    outbound_id: str
    at: datetime


class ReceiptReceived(msgspec.Struct, frozen=True, kw_only=True, tag="receipt.received"):
    """The other side's phone has, or its owner has read, messages of ours."""

    kind: ReceiptKind
    wa_message_ids: list[str]
    contact: Party
    at: datetime


Event = MessageReceived | MessageSent | SendFailed | SendUncertain | SendExpired | ReceiptReceived
