from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import JSONB
from piccolo.columns.column_types import Text
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-24T17:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "A business's time zone, holidays, words, and what it says while it is closed"

COLUMNS = {
    "time_zone": (Text, "Africa/Dar_es_Salaam"),
    "holidays_json": (JSONB, "[]"),
    "when_closed": (Text, "MENU"),
    "texts_json": (JSONB, "{}"),
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)
    for name, (kind, default) in COLUMNS.items():
        manager.add_column(
            table_class_name="TenantConfig",
            tablename="tenant_configs",
            column_name=name,
            db_column_name=name,
            column_class_name=kind.__name__,
            column_class=kind,
            params={
                "default": default,
                "null": False,
                "primary_key": False,
                "unique": False,
                "index": False,
                "index_method": IndexMethod.btree,
                "choices": None,
                "db_column_name": None,
                "secret": False,
            },
            schema=None,
        )
    return manager
