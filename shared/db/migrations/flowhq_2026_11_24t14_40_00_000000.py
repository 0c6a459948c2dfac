from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Text, Timestamptz
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-24T14:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Pairing codes, while they are good"

COLUMNS = {"pairing_code": Text, "pairing_phone": Text, "pairing_expires_at": Timestamptz}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)
    for name, kind in COLUMNS.items():
        manager.add_column(
            table_class_name="WhatsAppSession",
            tablename="whatsapp_sessions",
            column_name=name,
            db_column_name=name,
            column_class_name=kind.__name__,
            column_class=kind,
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
