#!/usr/bin/env python3
"""Proves isolation on a running platform; with --attack, attacks it as its enemies would.

    .venv/bin/python scripts/stress_test.py --tenants 5 --messages 40 --json result.json
    .venv/bin/python scripts/stress_test.py --attack --json report.json --html report.html

Exit 0: every fence held. Exit 1: a fence is down, and is named. Exit 2: not all could be tried.
"""

import sys

from attack import command as attack
from attack.stress import command as stress

ATTACK = "--attack"


def main(arguments: list[str]) -> int:
    if ATTACK in arguments:
        return attack.main([each for each in arguments if each != ATTACK])
    return stress.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
