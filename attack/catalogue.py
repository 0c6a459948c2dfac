"""Every check there is, in the order in which the groups run."""

from fnmatch import fnmatch

import msgspec

from attack.canaries import checks as canaries
from attack.canaries import traces
from attack.checks import Group
from attack.customers import checks as customers
from attack.customers import phones
from attack.inside import hogs, walls
from attack.machine import portal_process
from attack.routes import api, dashboard, guessing, odd, portal, quotas, slips, timing
from attack.sql import domains, poison, powers, rows, tickets
from attack.worker import bounds, claiming, floods, forging, lying_files, many

GROUPS = [
    Group(name="api", checks=[*api.CHECKS, *odd.CHECKS, *slips.CHECKS]),
    Group(name="portal", checks=portal.CHECKS),
    Group(name="dashboard", checks=dashboard.CHECKS),
    Group(name="phones", checks=phones.CHECKS),
    Group(name="sql", checks=[*rows.CHECKS, *tickets.CHECKS, *powers.CHECKS, *domains.CHECKS]),
    Group(name="timing", checks=[*timing.CHECKS, *guessing.CHECKS], disturbs=True),
    Group(name="inside", checks=walls.CHECKS),
    Group(name="machine", checks=portal_process.CHECKS),
    Group(name="poison", checks=poison.CHECKS, disturbs=True),
    Group(
        name="worker",
        checks=[
            *forging.CHECKS,
            *claiming.CHECKS,
            *lying_files.CHECKS,
            *many.CHECKS,
            *bounds.CHECKS,
            *floods.CHECKS,
        ],
        disturbs=True,
    ),
    Group(name="quotas", checks=quotas.CHECKS, disturbs=True),
    Group(name="hogs", checks=hogs.CHECKS, disturbs=True),
    Group(name="customers", checks=customers.CHECKS, disturbs=True),
    Group(name="canaries", checks=[*canaries.CHECKS, *traces.CHECKS], disturbs=True),
]


def choose(patterns: list[str]) -> list[Group]:
    """The groups with the checks whose name fits one of the patterns; all of them without any."""
    if not patterns:
        return GROUPS
    chosen = [
        msgspec.structs.replace(
            group,
            checks=[c for c in group.checks if any(fnmatch(c.name, each) for each in patterns)],
        )
        for group in GROUPS
    ]
    return [group for group in chosen if group.checks]
