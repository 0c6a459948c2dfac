"""Connections of the portal's role that stay in one transaction for too long.

A role may set its own timeouts aside. What it then holds, a lock or the tail of the queue of
notifications, others wait for.
"""

from datetime import timedelta

import asyncpg

from shared.db.portal_role import ROLE
from shared.errors import PermanentError
from shared.tables import Tenant


async def end_stuck(*, longer_than: timedelta) -> int:
    """Ends what is in a transaction for longer; answers how many those were.

    Raises PermanentError where we may not. Who is no superuser needs the server's roles
    `pg_read_all_stats`, without which nothing is seen, and `pg_signal_backend`.
    """
    try:
        rows = await Tenant.raw(
            "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) AS ended"
            " FROM pg_stat_activity WHERE usename = {} AND datname = current_database()"
            " AND xact_start < now() - {}::interval",
            ROLE,
            longer_than,
        )
    except asyncpg.InsufficientPrivilegeError as error:
        raise PermanentError(str(error)) from error
    return int(rows[0]["ended"])
