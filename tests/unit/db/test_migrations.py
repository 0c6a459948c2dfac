"""The migrations make the tables that the code declares."""

from piccolo.apps.migrations.commands.new import AutoMigrationManager

from shared.db.piccolo_app import APP_CONFIG


async def test_no_table_has_changed_since_the_last_migration(blockbuster):
    blockbuster.deactivate()  # Piccolo reads the migrations from disk, in a loop or not
    differences = await AutoMigrationManager().get_alter_statements(app_config=APP_CONFIG)
    assert [line for each in differences for line in each.statements] == []
