from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.column_types import UUID, Bytea, ForeignKey, Text, Timestamptz
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


ID = "2026-11-30T11:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Events of workers that could not be logged as they came"

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
    "digest": (Text, {"default": ""}),
    "outcome": (Text, {"default": ""}),
    "problem": (Text, {"default": ""}),
    "payload": (Bytea, {"default": b""}),
    "at": (Timestamptz, {"default": TimestamptzNow()}),
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)
    manager.add_table(class_name="RefusedEvent", tablename="refused_events", schema=None, columns=None)
    for name, (kind, params) in COLUMNS.items():
        manager.add_column(
            table_class_name="RefusedEvent",
            tablename="refused_events",
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
        table_class_name="RefusedEvent",
        tablename="refused_events",
        constraint_name="unique_event",
        constraint_class=Unique,
        params={"columns": ["tenant", "digest"], "nulls_distinct": True},
        schema=None,
    )
    return manager
