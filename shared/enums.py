"""The words of the product, as they are stored and sent.

Values of the original system keep their spelling; added ones follow it.
"""

from enum import StrEnum


class TenantStatus(StrEnum):
    """One word about a tenant for people, derived from the three states and never stored."""

    NEW = "NEW"
    STARTING = "STARTING"
    QR_PENDING = "QR_PENDING"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    ERROR = "ERROR"


class TemplateType(StrEnum):
    BOOKING = "BOOKING"
    ECOMMERCE = "ECOMMERCE"
    SUPPORT = "SUPPORT"


class Language(StrEnum):
    SW = "SW"
    EN = "EN"


class Weekday(StrEnum):
    MON = "MON"
    TUE = "TUE"
    WED = "WED"
    THU = "THU"
    FRI = "FRI"
    SAT = "SAT"
    SUN = "SUN"


class WhenClosed(StrEnum):
    """What the bot does while the business is closed.

    MENU: as always. TELL: says so first, once in a conversation, and goes on as always.
    TELL_ONLY: says so once, and nothing more until the business opens.
    """

    MENU = "MENU"
    TELL = "TELL"
    TELL_ONLY = "TELL_ONLY"


class Topic(StrEnum):
    """What a bot is asked about."""

    SERVICES = "SERVICES"
    PRICES = "PRICES"
    CONTACT = "CONTACT"
    BOOK = "BOOK"
    PRODUCTS = "PRODUCTS"
    ORDER = "ORDER"
    DELIVERY = "DELIVERY"
    ISSUE = "ISSUE"
    QUESTION = "QUESTION"
    HOURS = "HOURS"


class DesiredState(StrEnum):
    """What was asked of a tenant's worker. REMOVED also removes the session volume."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    REMOVED = "REMOVED"


class WorkerStatus(StrEnum):
    """What the tenant's container does, as last observed."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    ERROR = "ERROR"


class SessionState(StrEnum):
    """How the link to the tenant's phone is."""

    DISCONNECTED = "DISCONNECTED"
    CONNECTING = "CONNECTING"
    QR_READY = "QR_READY"
    QR_EXPIRED = "QR_EXPIRED"
    CONNECTED = "CONNECTED"
    LOGGED_OUT = "LOGGED_OUT"
    REPLACED = "REPLACED"
    BANNED = "BANNED"
    OUTDATED = "OUTDATED"


class Actor(StrEnum):
    """Who must act for the link to get better."""

    NOBODY = "NOBODY"
    WORKER = "WORKER"
    TENANT = "TENANT"
    OPERATOR = "OPERATOR"


class SessionReason(StrEnum):
    """Why the link is as it is; `actor` says who must act.

    is_loss: the link is down, and not because somebody is about to bring it up or asked for it.
    is_refusal: a phone was linked, and was logged out again because it may not serve this tenant.

    CHECKING_PHONE: a phone is linked, and the control plane has not said yet whether it may serve.
    WRONG_PHONE: it had another number than the tenant. PHONE_TAKEN: its WhatsApp account serves
    another tenant.
    """

    NOT_STARTED = "NOT_STARTED"
    STARTING = "STARTING"
    LOGGING_IN = "LOGGING_IN"
    WAITING_FOR_SCAN = "WAITING_FOR_SCAN"
    PAIRING_REFUSED = "PAIRING_REFUSED"
    QR_ROUND_OVER = "QR_ROUND_OVER"
    LINKING_FAILED = "LINKING_FAILED"
    PASSKEY_REQUIRED = "PASSKEY_REQUIRED"
    CHECKING_PHONE = "CHECKING_PHONE"
    WRONG_PHONE = "WRONG_PHONE"
    PHONE_TAKEN = "PHONE_TAKEN"
    LINKED = "LINKED"
    SERVER_UNREACHABLE = "SERVER_UNREACHABLE"
    CONNECTION_LOST = "CONNECTION_LOST"
    LOGIN_LOST = "LOGIN_LOST"
    KEEPALIVE_TIMEOUT = "KEEPALIVE_TIMEOUT"
    DEVICE_REMOVED = "DEVICE_REMOVED"
    STREAM_REPLACED = "STREAM_REPLACED"
    TEMPORARY_BAN = "TEMPORARY_BAN"
    CLIENT_OUTDATED = "CLIENT_OUTDATED"
    REFUSED = "REFUSED"
    WORKER_STOPPED = "WORKER_STOPPED"
    WORKER_SILENT = "WORKER_SILENT"

    @property
    def actor(self) -> Actor:
        return _ACTORS.get(self, Actor.WORKER)

    @property
    def is_loss(self) -> bool:
        return self in _LOSSES

    @property
    def is_refusal(self) -> bool:
        return self in _REFUSALS


_REFUSALS = {SessionReason.WRONG_PHONE, SessionReason.PHONE_TAKEN}
_LOSSES = {
    *_REFUSALS,
    SessionReason.PASSKEY_REQUIRED,
    SessionReason.SERVER_UNREACHABLE,
    SessionReason.CONNECTION_LOST,
    SessionReason.LOGIN_LOST,
    SessionReason.KEEPALIVE_TIMEOUT,
    SessionReason.DEVICE_REMOVED,
    SessionReason.STREAM_REPLACED,
    SessionReason.TEMPORARY_BAN,
    SessionReason.CLIENT_OUTDATED,
    SessionReason.REFUSED,
    SessionReason.WORKER_SILENT,
}
# Everything not named here heals by itself: the worker is already on it.
_ACTORS = {
    SessionReason.NOT_STARTED: Actor.OPERATOR,
    SessionReason.WAITING_FOR_SCAN: Actor.TENANT,
    SessionReason.PAIRING_REFUSED: Actor.TENANT,
    SessionReason.QR_ROUND_OVER: Actor.TENANT,
    SessionReason.LINKING_FAILED: Actor.TENANT,
    SessionReason.PASSKEY_REQUIRED: Actor.TENANT,
    SessionReason.CHECKING_PHONE: Actor.NOBODY,
    SessionReason.WRONG_PHONE: Actor.TENANT,
    SessionReason.PHONE_TAKEN: Actor.OPERATOR,
    SessionReason.LINKED: Actor.NOBODY,
    SessionReason.DEVICE_REMOVED: Actor.TENANT,
    SessionReason.STREAM_REPLACED: Actor.OPERATOR,
    SessionReason.TEMPORARY_BAN: Actor.NOBODY,
    SessionReason.CLIENT_OUTDATED: Actor.OPERATOR,
    SessionReason.REFUSED: Actor.OPERATOR,
    SessionReason.WORKER_STOPPED: Actor.NOBODY,
}


class Direction(StrEnum):
    IN = "IN"
    OUT = "OUT"


class MessageKind(StrEnum):
    """UNREADABLE: could not be decrypted, though it was asked for again. VIEW_ONCE: to be looked
    at once, on the phone alone. LOST: the worker was killed while the client library held it.

    The last three stand in for a message that may still come, and then takes their place.
    """

    TEXT = "TEXT"
    IMAGE = "IMAGE"
    VIDEO = "VIDEO"
    VOICE = "VOICE"
    AUDIO = "AUDIO"
    DOCUMENT = "DOCUMENT"
    STICKER = "STICKER"
    LOCATION = "LOCATION"
    CONTACT = "CONTACT"
    POLL = "POLL"
    REACTION = "REACTION"
    EDIT = "EDIT"
    DELETE = "DELETE"
    CALL = "CALL"
    OTHER = "OTHER"
    UNREADABLE = "UNREADABLE"
    VIEW_ONCE = "VIEW_ONCE"
    LOST = "LOST"

    @property
    def is_stand_in(self) -> bool:
        return self in _STAND_INS


_STAND_INS = frozenset({MessageKind.UNREADABLE, MessageKind.VIEW_ONCE, MessageKind.LOST})


class MessageOrigin(StrEnum):
    """Who wrote what went out.

    PHONE: the owner, on the phone itself. QUEUE: who queued it, in the portal or by a program.
    """

    BOT = "BOT"
    PHONE = "PHONE"
    QUEUE = "QUEUE"


class OutboundState(StrEnum):
    """How far a message that was queued through the API is.

    UNCERTAIN: the worker ended between sending and writing down that it had; it is not sent
    again. FAILED, UNCERTAIN, EXPIRED, CANCELLED and READ are final; receipts move SENT on.
    """

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    READ = "READ"
    FAILED = "FAILED"
    UNCERTAIN = "UNCERTAIN"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class ReceiptKind(StrEnum):
    DELIVERED = "DELIVERED"
    READ = "READ"


class FileProblem(StrEnum):
    """Why a file cannot be had. GONE, UNKNOWN and TOO_LARGE stay so; the others may pass.

    GONE: WhatsApp has it no longer. UNKNOWN: nothing is known of where it is.
    CORRUPT: what came is not what was sent. OFFLINE: there is no connection to WhatsApp.
    """

    GONE = "GONE"
    UNKNOWN = "UNKNOWN"
    TOO_LARGE = "TOO_LARGE"
    CORRUPT = "CORRUPT"
    OFFLINE = "OFFLINE"
    BUSY = "BUSY"
    FAILED = "FAILED"


class SkipReason(StrEnum):
    """Why something that arrived is no message for the bot: counted, and neither logged nor
    answered. OTHER_PHONE: it was for a phone that was refused.
    """

    FROM_ME = "FROM_ME"
    GROUP = "GROUP"
    STATUS = "STATUS"
    BROADCAST = "BROADCAST"
    NEWSLETTER = "NEWSLETTER"
    OTHER_SERVER = "OTHER_SERVER"
    NO_CONTENT = "NO_CONTENT"
    UNREADABLE = "UNREADABLE"
    OTHER_PHONE = "OTHER_PHONE"


class UserRole(StrEnum):
    OWNER = "OWNER"
    STAFF = "STAFF"
    ADMIN = "ADMIN"


class OperatorRole(StrEnum):
    """Of an operator; `controlplane/rights.py` says what each may do."""

    READ_ONLY = "READ_ONLY"
    SUPPORT = "SUPPORT"
    ADMIN = "ADMIN"


class SignInStage(StrEnum):
    """Of an operator's session: whether the second step is still awaited."""

    CODE = "CODE"
    DONE = "DONE"


class CallerKind(StrEnum):
    """By what right something was done: an API key, an operator's sign-in, a wish of the portal."""

    KEY = "KEY"
    OPERATOR = "OPERATOR"
    PORTAL = "PORTAL"


class ProofPurpose(StrEnum):
    """What a mailed link is good for."""

    SIGN_UP = "SIGN_UP"
    RESET = "RESET"
    CHANGE_EMAIL = "CHANGE_EMAIL"
    INVITE = "INVITE"


class LinkWish(StrEnum):
    """What a member may ask of the worker's link. NEW_NUMBER: that it begins anew, for the business
    has another number now.
    """

    QR_ROUND = "QR_ROUND"
    PAIRING_CODE = "PAIRING_CODE"
    NEW_NUMBER = "NEW_NUMBER"


class SetupStatus(StrEnum):
    SUBMITTED = "SUBMITTED"
    REVIEWING = "REVIEWING"
    APPROVED = "APPROVED"
    ACTIVE = "ACTIVE"
    REJECTED = "REJECTED"


class IncidentKind(StrEnum):
    """What befell a worker. Only CRASH and OOM count towards a crash loop.

    LINK_LOST: its container runs on, and its link to the phone is down, for a SessionReason.
    DISK_FULL: its volume holds more than the tenant may have; it was stopped.
    FRAMES_REFUSED: it said what no worker says; its connection may have been closed for a time.
    PLATFORM_ERROR: work of the control plane for this tenant failed by a mistake of ours.
    """

    CRASH = "CRASH"
    OOM = "OOM"
    CONFIGURATION = "CONFIGURATION"
    SESSION_ENDED = "SESSION_ENDED"
    SESSION_LOCKED = "SESSION_LOCKED"
    CONTAINER_REMOVED = "CONTAINER_REMOVED"
    START_FAILED = "START_FAILED"
    LINK_LOST = "LINK_LOST"
    DISK_FULL = "DISK_FULL"
    FRAMES_REFUSED = "FRAMES_REFUSED"
    PLATFORM_ERROR = "PLATFORM_ERROR"

    @property
    def actor(self) -> Actor:
        """Who must act about a container that ended so; of a lost link its reason says it."""
        return _ENDS.get(self, Actor.WORKER)


# Everything else is started again.
_ENDS = {
    IncidentKind.CONFIGURATION: Actor.OPERATOR,
    IncidentKind.SESSION_ENDED: Actor.TENANT,
    IncidentKind.START_FAILED: Actor.OPERATOR,
    IncidentKind.DISK_FULL: Actor.OPERATOR,
    IncidentKind.FRAMES_REFUSED: Actor.OPERATOR,
    IncidentKind.PLATFORM_ERROR: Actor.OPERATOR,
}


class RefusalOutcome(StrEnum):
    """What became of an event that was out of bounds.

    MENDED: it is in the log, with what could be kept of it. KEPT: only as it came.
    """

    MENDED = "MENDED"
    KEPT = "KEPT"


class TenantSort(StrEnum):
    """What tenants are listed by. What is not known of a tenant counts as least.

    STARTED: when the worker's container began to run. CHANGED: when its link became as it is.
    """

    CREATED = "CREATED"
    NAME = "NAME"
    SESSION = "SESSION"
    WORKER = "WORKER"
    IMAGE = "IMAGE"
    STARTED = "STARTED"
    MEMORY = "MEMORY"
    LAST_INBOUND = "LAST_INBOUND"
    OUTBOX = "OUTBOX"
    RESTARTS = "RESTARTS"
    CHANGED = "CHANGED"


class SortOrder(StrEnum):
    ASC = "ASC"
    DESC = "DESC"


class SecuritySite(StrEnum):
    """Where something was tried."""

    PORTAL = "portal"
    DASHBOARD = "dashboard"
    API = "api"
    GATEWAY = "gateway"


class SecurityKind(StrEnum):
    """What was tried, and not let through; or, of NEW_DEVICE, what an owner may want to know of.

    SIGN_IN_HELD_UP, MAIL_HELD_UP, KEY_HELD_UP: there were too many before. PASSWORD_REFUSED: of who
    is signed in, and was asked for it once more. KEY_OVER: one that was ours, revoked or too old.
    FORM_REFUSED: without the token of its session. FOREIGN_ID: there is one, and it is another
    tenant's. FRAME_REFUSED, WORKER_REFUSED: of a worker, and of who only says to be one.
    PHONE_REFUSED: linked to a tenant whose number it has not, or while it serves another tenant.
    """

    SIGN_IN_FAILED = "SIGN_IN_FAILED"
    SIGN_IN_HELD_UP = "SIGN_IN_HELD_UP"
    PASSWORD_REFUSED = "PASSWORD_REFUSED"  # noqa: S105  a word
    NEW_DEVICE = "NEW_DEVICE"
    MAIL_HELD_UP = "MAIL_HELD_UP"
    MAIL_LINK_REFUSED = "MAIL_LINK_REFUSED"
    KEY_UNKNOWN = "KEY_UNKNOWN"
    KEY_OVER = "KEY_OVER"
    KEY_HELD_UP = "KEY_HELD_UP"
    SCOPE_REFUSED = "SCOPE_REFUSED"
    FORM_REFUSED = "FORM_REFUSED"
    FOREIGN_ID = "FOREIGN_ID"
    FRAME_REFUSED = "FRAME_REFUSED"
    WORKER_REFUSED = "WORKER_REFUSED"
    PHONE_REFUSED = "PHONE_REFUSED"


class ExitCode:
    """Exit codes a worker ends with, and what the control plane makes of them."""

    WANTED = 0
    UNHEARD = 143  # SIGTERM while the interpreter itself started: asked to end, and ended.
    CONFIGURATION = 64  # EX_USAGE: wrong settings, refused token. Never restarted.
    SESSION_ENDED = 65  # EX_DATAERR: logged out or banned and no way on. Never restarted.
    SESSION_LOCKED = 75  # EX_TEMPFAIL: another worker holds the session volume.

    ENDED_WELL = frozenset({WANTED, UNHEARD})
