"""`python -m shared.db migrate`: brings the database at `FLOWHQ_DATABASE_URL` up to date."""

import asyncio
import os
import sys

from shared.db.engine import DATABASE_URL
from shared.db.migrate import migrate


def main(arguments: list[str]) -> int:
    if arguments != ["migrate"]:
        print("usage: python -m shared.db migrate", file=sys.stderr)  # noqa: T201  speaks to a person
        return 2
    url = os.environ.get(DATABASE_URL)  # noqa: TID251  the only variable of this command
    if not url:
        print(f"{DATABASE_URL} is required and not set", file=sys.stderr)  # noqa: T201  the same
        return 2
    return 0 if asyncio.run(migrate(url)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
