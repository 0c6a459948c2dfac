from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.column_types import UUID, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.columns.indexes import IndexMethod
from piccolo.constraints import Unique
from piccolo.table import Table


class Tenant(Table, tablename="tenants", schema=None):
    id = UUID(
        default=UUID4(),
        null=False,
        primary_key=True,
        unique=False,
        index=False,
        index_method=IndexMethod.btree,
        choices=None,
        db_column_name=None,
        secret=False,
    )


ID = "2026-11-24T18:42:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Messages by the hour"

COLUMNS = {
    "id": (UUID, {"default": UUID4(), "primary_key": True}),
    "tenant": (
        ForeignKey,
        {
            "references": Tenant,
            "on_delete": OnDelete.cascade,
            "on_update": OnUpdate.cascade,
            "target_column": None,
        },
    ),
    "hour": (Timestamptz, {"default": TimestamptzNow()}),
    "direction": (Text, {"default": ""}),
    "messages": (Integer, {"default": 0}),
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)
    manager.add_table(class_name="MessageHour", tablename="message_hours", schema=None, columns=None)
    for name, (kind, params) in COLUMNS.items():
        manager.add_column(
            table_class_name="MessageHour",
            tablename="message_hours",
            column_name=name,
            db_column_name=name,
            column_class_name=kind.__name__,
            column_class=kind,
            params={
                "null": False,
                "primary_key": False,
                "unique": False,
                "index": False,
                "index_method": IndexMethod.btree,
                "choices": None,
                "db_column_name": None,
                "secret": False,
                **params,
            },
            schema=None,
        )
    manager.add_constraint(
        table_class_name="MessageHour",
        tablename="message_hours",
        constraint_name="unique_hour",
        constraint_class=Unique,
        params={"columns": ["tenant", "hour", "direction"], "nulls_distinct": True},
        schema=None,
    )
    return manager
