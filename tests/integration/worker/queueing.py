"""Queued messages as the gateway offers them, to a worker that does not pace them."""

from shared.structs.content import TextContent
from shared.wire.events import Party
from shared.wire.frames import Send

# The rates are pacing's business and have tests of their own.
UNPACED = {
    "outbound_a_minute": "100000",
    "outbound_a_minute_per_chat": "100000",
    "outbound_cold_chats_a_day": "100000",
    "outbound_typing_shortest": "0",
    "outbound_typing_longest": "0",
}


def queued(number, to, text=None, **more):
    content = TextContent(text=text or f"queued {number}")
    return Send(id=f"O{number}", to=Party(phone=to), content=content, **more)
