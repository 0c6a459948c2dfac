from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.column_types import UUID, ForeignKey, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table


class User(Table, tablename="users", schema=None):
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


ID = "2026-11-30T13:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Operators' sessions, apart from members'"

TABLES = {
    ("OperatorSession", "operator_sessions"): {
        "id": (UUID, {"default": UUID4(), "primary_key": True}),
        "operator": (
            ForeignKey,
            {
                "references": User,
                "on_delete": OnDelete.cascade,
                "on_update": OnUpdate.cascade,
                "target_column": None,
            },
        ),
        "token_hash": (Text, {"default": "", "unique": True}),
        "created_at": (Timestamptz, {"default": TimestamptzNow()}),
        "expires_at": (Timestamptz, {"default": TimestamptzNow()}),
    },
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)
    for (class_name, table), columns in TABLES.items():
        manager.add_table(class_name=class_name, tablename=table, schema=None, columns=None)
        for name, (kind, params) in columns.items():
            manager.add_column(
                table_class_name=class_name,
                tablename=table,
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
    return manager
