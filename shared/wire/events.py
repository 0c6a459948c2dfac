"""What a worker tells for good: kept on its volume until the control plane acknowledges it."""

import msgspec

from shared.bounds import (
    Detail,
    End,
    Id,
    Instant,
    Key,
    LoggedText,
    MessageId,
    MessageIds,
    PushName,
)
from shared.enums import MessageKind, ReceiptKind
from shared.structs.media import Media


class Party(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The other side of a chat. At least one is known; both are kept as they are learned.

    phone: E.164 (`+255…`). lid: `<digits>@lid`.
    """

    phone: Key | None = None
    lid: Key | None = None

    @property
    def number(self) -> str:
        """The phone when known, else the LID: what a person is shown."""
        return self.phone or self.lid or ""


class MessageReceived(msgspec.Struct, frozen=True, kw_only=True, tag="message.received"):
    """A contact wrote. `own_phone` is the tenant's number, E.164.

    in_reply_to: the WhatsApp id of the message that it answers, reacts to, edits or deletes.
    media: of a message that holds a file, which the worker fetches when it is asked to.
    """

    wa_message_id: MessageId
    kind: MessageKind
    contact: Party
    own_phone: Key
    text: LoggedText
    at: Instant
    push_name: PushName = ""
    in_reply_to: Key | None = None
    media: Media | None = None


class MessageSent(msgspec.Struct, frozen=True, kw_only=True, tag="message.sent"):
    """We wrote, and WhatsApp's server took it.

    in_reply_to: the WhatsApp id of the message that it answers, reacts to, edits or deletes.
    outbound_id: of the queued message this settles; None for an answer of the bot, and for what
        the owner wrote on the phone.
    bot_waits_until: of what the owner wrote: from now until then the bot is silent in this chat.
    """

    wa_message_id: MessageId
    kind: MessageKind
    contact: Party
    own_phone: Key
    text: LoggedText
    at: Instant
    in_reply_to: Key | None = None
    outbound_id: Id | None = None
    media: Media | None = None
    bot_waits_until: End | None = None


class SendFailed(msgspec.Struct, frozen=True, kw_only=True, tag="send.failed"):
    """A queued message was not sent and will not be. `reason` is a sentence for a person."""

    outbound_id: Id
    reason: Detail
    at: Instant


class SendUncertain(msgspec.Struct, frozen=True, kw_only=True, tag="send.uncertain"):
    """A queued message was sent or not, nobody knows; it is not sent again."""

    outbound_id: Id
    reason: Detail
    at: Instant


class SendExpired(msgspec.Struct, frozen=True, kw_only=True, tag="send.expired"):
    """A queued message was not sent before its `expires_at`."""

    outbound_id: Id
    at: Instant


class ReceiptReceived(msgspec.Struct, frozen=True, kw_only=True, tag="receipt.received"):
    """The other side's phone has, or its owner has read, messages of ours."""

    kind: ReceiptKind
    wa_message_ids: MessageIds
    contact: Party
    at: Instant


Event = MessageReceived | MessageSent | SendFailed | SendUncertain | SendExpired | ReceiptReceived
