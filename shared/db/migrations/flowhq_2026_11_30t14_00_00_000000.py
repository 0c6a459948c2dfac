from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import UUID, BigInt, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.columns.indexes import IndexMethod
from piccolo.constraints import Unique

ID = "2026-11-30T14:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Security events, counted by the minute; audit rows that are written once an hour"

USUAL = {
    "null": False,
    "primary_key": False,
    "unique": False,
    "index": False,
    "index_method": IndexMethod.btree,
    "choices": None,
    "db_column_name": None,
    "secret": False,
}
EVENT = {
    "id": (UUID, {"default": UUID4(), "primary_key": True}),
    "minute": (Timestamptz, {"default": TimestamptzNow()}),
    "site": (Text, {"default": ""}),
    "kind": (Text, {"default": ""}),
    "source": (Text, {"default": ""}),
    "subject": (Text, {"default": ""}),
    "times": (BigInt, {"default": 0}),
}
ADDED = (
    ("AttemptCount", "attempt_counts", "open_at", Timestamptz),
    ("AdminAuditLog", "admin_audit_logs", "once_key", Text),
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)
    event = {"table_class_name": "SecurityEvent", "tablename": "security_events", "schema": None}
    manager.add_table(
        class_name="SecurityEvent", tablename="security_events", schema=None, columns=None
    )
    for name, (kind, params) in EVENT.items():
        manager.add_column(
            **event,
            column_name=name,
            db_column_name=name,
            column_class_name=kind.__name__,
            column_class=kind,
            params={**USUAL, **params},
        )
    manager.add_constraint(
        **event,
        constraint_name="unique_count",
        constraint_class=Unique,
        params={
            "columns": ["minute", "site", "kind", "source", "subject"],
            "nulls_distinct": True,
        },
    )
    for table_class, table, column, kind in ADDED:
        manager.add_column(
            table_class_name=table_class,
            tablename=table,
            column_name=column,
            db_column_name=column,
            column_class_name=kind.__name__,
            column_class=kind,
            params={**USUAL, "default": None, "null": True},
            schema=None,
        )
    return manager
