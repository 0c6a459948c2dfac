"""What Piccolo's migrations are made from and kept in."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from shared.tables import ALL_TABLES

APP_CONFIG = AppConfig(
    app_name="flowhq",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=list(ALL_TABLES),
)
