"""What a failed send means: surely not sent, refused, or nobody knows. Pure."""

from enum import StrEnum

from shared.errors import PermanentError, TransientError


class NotSentError(TransientError):
    """Nothing left this machine: sending again is safe."""


class NoAccountError(NotSentError):
    """WhatsApp knows no account of that number."""


class SendRefusedError(PermanentError):
    """WhatsApp refused the message: sending it again is of no use."""


class SendLimitedError(SendRefusedError):
    """WhatsApp refused it because this number may not write first just now (error 463)."""


class SendUncertainError(PermanentError):
    """Sent or not, nobody knows: sending again might double it."""


class SendOutcome(StrEnum):
    NOT_SENT = "NOT_SENT"
    REFUSED = "REFUSED"
    LIMITED = "LIMITED"
    UNCERTAIN = "UNCERTAIN"


# Texts of whatsmeow's errors (errors.go, send.go). Whatever is not named here counts as uncertain.
_NO_ACCOUNT = "no lid found"
_BEFORE_SENDING = (
    "websocket not connected",
    "client is nil",
    "the store doesn't contain a device jid",
    "info query timed out",
    "failed to get device list",
    "failed to get user devices",
    "failed to send usync query",
    "failed to fetch prekeys",
    _NO_ACCOUNT,
    "can't encrypt message for device",
    "failed to prefetch sessions",
    "failed to send message node",
)
_LIMITED = ("server returned error 463",)
_REFUSED = ("server returned error", "unknown server", "recipient must be")


def classify_send_error(error: str) -> SendOutcome:
    text = error.lower()
    if any(words in text for words in _BEFORE_SENDING):
        return SendOutcome.NOT_SENT
    if any(words in text for words in _LIMITED):
        return SendOutcome.LIMITED
    if any(words in text for words in _REFUSED):
        return SendOutcome.REFUSED
    return SendOutcome.UNCERTAIN


def to_error(error: str) -> Exception:
    match classify_send_error(error):
        case SendOutcome.NOT_SENT if _NO_ACCOUNT in error.lower():
            return NoAccountError(error)
        case SendOutcome.NOT_SENT:
            return NotSentError(error)
        case SendOutcome.LIMITED:
            return SendLimitedError(error)
        case SendOutcome.REFUSED:
            return SendRefusedError(error)
        case SendOutcome.UNCERTAIN:
            return SendUncertainError(error)
