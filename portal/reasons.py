"""Why a message was not sent, in the words of the portal. Pure.

The worker's reasons are sentences of its own; what is not known here is said in general.
"""

from shared.enums import OutboundState

_KNOWN = {
    "This number is not on WhatsApp.": "messages.not_on_whatsapp",
    "WhatsApp does not let this number write first to this contact.": "messages.not_first",
}


def find_reason(state: OutboundState | None, reason: str | None) -> str | None:
    """The key of a text; None for what needs no reason."""
    if state is not OutboundState.FAILED:
        return None
    return _KNOWN.get(reason or "", "messages.refused")
