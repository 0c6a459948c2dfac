"""How many files and sockets this process may have open: as many as it is allowed at all."""

import resource

# Far more than a control plane or a portal needs; some systems allow a billion.
WANTED = 65_536


def raise_descriptor_limit(wanted: int = WANTED) -> int:
    """Raises the soft limit to `wanted`, or to what the hard limit allows; answers what it is then.

    1,024, the usual soft limit, is what a few strangers who connect and say nothing use up.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= highest:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
    return highest
