from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import JSONB
from piccolo.columns.indexes import IndexMethod


ID = "2026-11-24T15:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Quiet hours of a tenant"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="flowhq", description=DESCRIPTION
    )

    manager.add_column(
        table_class_name="TenantConfig",
        tablename="tenant_configs",
        column_name="quiet_hours_json",
        db_column_name="quiet_hours_json",
        column_class_name="JSONB",
        column_class=JSONB,
        params={
            "default": None,
            "null": True,
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
