from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.db.checks import extend, known
from shared.db.migrations.flowhq_2026_11_30t12_10_00_000000 import REASONS as BEFORE
from shared.db.migrations.flowhq_2026_11_30t14_01_00_000000 import KINDS as KINDS_BEFORE
from shared.tables import Tenant

ID = "2026-11-30T20:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Phones that are refused; one WhatsApp account serves one tenant, which portals do not see"

REASONS = ("CHECKING_PHONE", "WRONG_PHONE", "PHONE_TAKEN")
KINDS = ("PHONE_REFUSED",)
TABLE = (
    "ALTER TABLE whatsapp_accounts ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE whatsapp_accounts FORCE ROW LEVEL SECURITY",
    "CREATE POLICY every_row ON whatsapp_accounts TO CURRENT_USER USING (true) WITH CHECK (true)",
    "ALTER TABLE whatsapp_accounts ADD CONSTRAINT whatsapp_accounts_claimed_at_instant"
    " CHECK (claimed_at BETWEEN '2000-01-01 00:00+00' AND '2200-01-01 00:00+00')",
)
NO_TABLE = (
    "ALTER TABLE whatsapp_accounts DROP CONSTRAINT whatsapp_accounts_claimed_at_instant",
    "DROP POLICY every_row ON whatsapp_accounts",
    "ALTER TABLE whatsapp_accounts NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE whatsapp_accounts DISABLE ROW LEVEL SECURITY",
)


def know(reasons, kinds):
    yield from extend(known("whatsapp_sessions", "reason", reasons))
    yield from extend(known("worker_incidents", "reason", reasons))
    yield from extend(known("security_events", "kind", kinds))


def _listed(words):
    return ", ".join(f"'{word}'" for word in words)


def forget():
    """The link is as after a log-out, of which the version of before knew."""
    new = _listed(REASONS)
    yield (
        "UPDATE whatsapp_sessions SET reason = CASE state WHEN 'LOGGED_OUT' THEN 'DEVICE_REMOVED'"
        f" ELSE 'STARTING' END WHERE reason IN ({new})"
    )
    yield f"DELETE FROM worker_incidents WHERE reason IN ({new})"
    yield f"DELETE FROM security_events WHERE kind IN ({_listed(KINDS)})"
    yield from know(BEFORE, KINDS_BEFORE)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def learn():
        for statement in (*TABLE, *know((*BEFORE, *REASONS), (*KINDS_BEFORE, *KINDS))):
            await Tenant.raw(statement)

    async def unlearn():
        for statement in (*forget(), *NO_TABLE):
            await Tenant.raw(statement)

    manager.add_raw(learn)
    manager.add_raw_backwards(unlearn)
    return manager
