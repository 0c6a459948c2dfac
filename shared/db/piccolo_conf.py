"""For Piccolo's command line and migrations only: importing this needs the environment."""

import os

from piccolo.conf.apps import AppRegistry

from shared.db.engine import DATABASE_URL, Database

# The engine is all that is wanted of the environment; a process's settings are read elsewhere.
# A migration may rewrite a large table.
DB = Database(os.environ[DATABASE_URL], timeout=None)  # noqa: TID251  read where Piccolo's convention puts it
APP_REGISTRY = AppRegistry(apps=["shared.db.piccolo_app"])
