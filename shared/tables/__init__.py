"""The rows: Piccolo tables, columns only. Reached through `shared.stores` alone.

seq: the order of a table's rows, from a sequence; never seen outside of the stores (ADR 11).
"""

from piccolo.table import Table

from shared.tables.accounts import WhatsAppAccount
from shared.tables.contacts import Contact
from shared.tables.fleet import FleetSample
from shared.tables.hours import MessageHour
from shared.tables.keys import AdminAuditLog, ApiKey, WorkerCredential
from shared.tables.limits import LimitDefault, TenantLimit, TenantUsage
from shared.tables.media import MediaUpload
from shared.tables.messages import MessageLog
from shared.tables.outbound import EarlyReceipt, OutboundMessage
from shared.tables.people import (
    AttemptCount,
    BrowserSession,
    MailProof,
    OperatorAccount,
    OperatorSession,
    PortalEventLog,
    RecoveryCode,
    SetupRequest,
    User,
)
from shared.tables.refused import RefusedEvent
from shared.tables.security import SecurityEvent
from shared.tables.sessions import LinkRequest, WhatsAppSession
from shared.tables.takeovers import Takeover
from shared.tables.tenants import Tenant, TenantConfig
from shared.tables.workers import WorkerIncident, WorkerProcess

ALL_TABLES: tuple[type[Table], ...] = (
    Tenant,
    TenantConfig,
    LimitDefault,
    TenantLimit,
    TenantUsage,
    WhatsAppSession,
    WhatsAppAccount,
    LinkRequest,
    MessageLog,
    MessageHour,
    Contact,
    OutboundMessage,
    EarlyReceipt,
    Takeover,
    MediaUpload,
    WorkerProcess,
    WorkerCredential,
    WorkerIncident,
    RefusedEvent,
    FleetSample,
    User,
    BrowserSession,
    OperatorAccount,
    RecoveryCode,
    OperatorSession,
    MailProof,
    AttemptCount,
    SetupRequest,
    PortalEventLog,
    ApiKey,
    AdminAuditLog,
    SecurityEvent,
)

__all__ = [
    "ALL_TABLES",
    "AdminAuditLog",
    "ApiKey",
    "AttemptCount",
    "BrowserSession",
    "Contact",
    "EarlyReceipt",
    "FleetSample",
    "LimitDefault",
    "LinkRequest",
    "MailProof",
    "MediaUpload",
    "MessageHour",
    "MessageLog",
    "OperatorAccount",
    "OperatorSession",
    "OutboundMessage",
    "PortalEventLog",
    "RecoveryCode",
    "RefusedEvent",
    "SecurityEvent",
    "SetupRequest",
    "Takeover",
    "Tenant",
    "TenantConfig",
    "TenantLimit",
    "TenantUsage",
    "User",
    "WhatsAppAccount",
    "WhatsAppSession",
    "WorkerCredential",
    "WorkerIncident",
    "WorkerProcess",
]
