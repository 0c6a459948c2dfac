"""Members of a business, what they asked for and what they did in the portal."""

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    BigSerial,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from shared.enums import Language, OperatorRole, SetupStatus, SignInStage, UserRole
from shared.tables.tenants import Tenant


class User(Table, tablename="users"):
    """tenant: null for an ADMIN. email: unique regardless of case (index in the migrations).

    password_hash: null until the invited person has set one.
    """

    id = UUID(primary_key=True, default=UUID4())
    seq = BigSerial()
    tenant = ForeignKey(Tenant, null=True, default=None, on_delete=OnDelete.cascade)
    role = Text(default=UserRole.STAFF.value)
    email = Text()
    password_hash = Text(null=True, default=None)
    language = Text(default=Language.EN.value)
    created_at = Timestamptz(default=TimestamptzNow())


class BrowserSession(Table, tablename="browser_sessions"):
    """Of a member, in the portal; never an operator's (a trigger in the migrations).

    expires_at: moves on while it is used, never past a month after it began.
    """

    id = UUID(primary_key=True, default=UUID4())
    member = ForeignKey(User, null=False, on_delete=OnDelete.cascade)
    token_hash = Text(unique=True)
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz()


class OperatorAccount(Table, tablename="operator_accounts"):
    """What is an operator's alone, beside the row of `users`. The portal's role has no right to it.

    role: the last ADMIN keeps theirs, and stays (a trigger in the migrations).
    totp_sealed: the secret of their authenticator, encrypted. totp_confirmed_at: null until a code
    of it was shown. totp_step: of the last code that was taken, which is taken once.
    """

    operator = ForeignKey(User, primary_key=True, on_delete=OnDelete.cascade)
    role = Text(default=OperatorRole.READ_ONLY.value)
    totp_sealed = Text(null=True, default=None)
    totp_confirmed_at = Timestamptz(null=True, default=None)
    totp_step = BigInt(default=0)


class RecoveryCode(Table, tablename="operator_recovery_codes"):
    """Good once, in the place of a code of the authenticator."""

    id = UUID(primary_key=True, default=UUID4())
    operator = ForeignKey(User, null=False, on_delete=OnDelete.cascade)
    code_hash = Text(unique=True)
    used_at = Timestamptz(null=True, default=None)


class OperatorSession(Table, tablename="operator_sessions"):
    """As a BrowserSession, of the dashboard. The portal's role has no right to this table.

    stage: CODE while the password was right and the second step is awaited; good for nothing else.
    proved_at: when they signed in at the provider; null where it was with a password.
    """

    id = UUID(primary_key=True, default=UUID4())
    operator = ForeignKey(User, null=False, on_delete=OnDelete.cascade)
    token_hash = Text(unique=True)
    stage = Text(default=SignInStage.DONE.value)
    proved_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz()


class MailProof(Table, tablename="mail_proofs"):
    """A link that was mailed: who has it reads mail at `email`. Good once, until it expires.

    member: null at sign-up, when there is none yet. tenant, role, inviter: of an invitation.
    """

    id = UUID(primary_key=True, default=UUID4())
    seq = BigSerial()
    token_hash = Text(unique=True)
    purpose = Text()
    email = Text()
    member = ForeignKey(User, null=True, default=None, on_delete=OnDelete.cascade)
    tenant = ForeignKey(Tenant, null=True, default=None, on_delete=OnDelete.cascade)
    role = Text(null=True, default=None)
    inviter = ForeignKey(User, null=True, default=None, on_delete=OnDelete.cascade)
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)


class AttemptCount(Table, tablename="attempt_counts"):
    """bucket: the site, and a hash of what is counted, so that the table names nobody. open_at:
    where one may come through at a time, when the next one may.
    """

    bucket = Text(primary_key=True)
    tries = Integer(default=0)
    resets_at = Timestamptz()
    open_at = Timestamptz(null=True, default=None)


class SetupRequest(Table, tablename="setup_requests"):
    """At most one undecided request a tenant (index in the migrations)."""

    id = UUID(primary_key=True, default=UUID4())
    seq = BigSerial()
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    status = Text(default=SetupStatus.SUBMITTED.value)
    note = Text(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    decided_at = Timestamptz(null=True, default=None)


class PortalEventLog(Table, tablename="portal_event_logs"):
    id = UUID(primary_key=True, default=UUID4())
    seq = BigSerial()
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    event_type = Text()
    payload_json = JSONB(default="{}")
    created_at = Timestamptz(default=TimestamptzNow())
