"""A member writes to a contact: queued for the worker, as programs do it through the API, and
the bot leaves the chat to people for a while.
"""

from hashlib import sha256

import msgspec

from portal.insider import Insider
from portal.services.take_over import name_of, say_taken
from portal.services.tracing import leave_trace
from shared.clock import Clock
from shared.db.guard import member_transaction
from shared.errors import InvalidInputError, LimitReachedError
from shared.stores import contacts, outbound
from shared.structs.content import TextContent
from shared.structs.outbound import NewOutbound
from shared.structs.takeovers import TAKEN_FOR
from shared.structs.text import MessageText
from shared.web.fields import FormError

# A screenful of a phone's, several times; as bytes of a form, in any script, below its limit.
MAX_REPLY = 4000
MAX_KEY = 64
_LIMITS = {
    "queued_messages": "messages.queue_full",
    "messages_per_day": "messages.day_used_up",
}


async def reply(insider: Insider, name: str, text: str, *, key: str, clock: Clock) -> None:
    """key: of the form: what is sent twice with one is queued once.

    Raises FormError for the text, NotFoundError, ConflictError when the key was used for another.
    """
    text = read_reply(text)
    if not key or len(key) > MAX_KEY or not key.isascii() or not key.isprintable():
        raise InvalidInputError("key", "is not one of a form of ours")
    # No other member, and no program with the tenant's API key, can have used it.
    tenant_id, member_id = insider.tenant_id, insider.member.id
    key = f"portal/{member_id}/{key}"
    async with member_transaction(member_id, tenant_id=tenant_id):
        contact = await contacts.get_named(tenant_id, name)
        to = name_of(contact)
        fingerprint = sha256(msgspec.json.encode((to, text))).hexdigest()
        if await outbound.find_by_key(tenant_id, key, fingerprint=fingerprint) is not None:
            return
        message = NewOutbound(to=to, content=TextContent(text=text))
        try:
            await outbound.enqueue(
                tenant_id,
                [message],
                fingerprint=fingerprint,
                key=key,
                now=clock.now(),
                author=insider.member.email,
            )
        except LimitReachedError as error:
            raise FormError({"text": _LIMITS[error.limit]}) from error
        # Two who answer one person, one of them a bot, talk past each other.
        await say_taken(tenant_id, contact, until=clock.now() + TAKEN_FOR, now=clock.now())
        await leave_trace(insider, "replied", chat=to)


def read_reply(text: str) -> str:
    """As it was typed, but for the line ends that forms make. Raises FormError."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise FormError({"text": "messages.empty"})
    if len(text) > MAX_REPLY:
        raise FormError({"text": "messages.too_long"})
    try:
        return msgspec.convert(text, MessageText)
    except msgspec.ValidationError as error:
        raise FormError({"text": "messages.unusable"}) from error
