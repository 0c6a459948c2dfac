"""`python -m shared.db migrate`: brings the database at `FLOWHQ_DATABASE_URL` up to date.

`FLOWHQ_PORTAL_PASSWORD`, where it is set, becomes the password of the portal's role.
"""

import asyncio
import os
import sys

from shared.db.engine import DATABASE_URL
from shared.db.migrate import migrate
from shared.db.portal_role import PORTAL_PASSWORD, set_portal_password


def main(arguments: list[str]) -> int:
    if arguments != ["migrate"]:
        print("usage: python -m shared.db migrate", file=sys.stderr)  # noqa: T201  speaks to a person
        return 2
    url = os.environ.get(DATABASE_URL)  # noqa: TID251  this command has no settings but two
    if not url:
        print(f"{DATABASE_URL} is required and not set", file=sys.stderr)  # noqa: T201  the same
        return 2
    password = os.environ.get(PORTAL_PASSWORD)  # noqa: TID251  the second of them
    return 0 if asyncio.run(_migrate(url, password)) else 1


async def _migrate(url: str, password: str | None) -> bool:
    if not await migrate(url):
        return False
    if password:
        await set_portal_password(url, password)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
