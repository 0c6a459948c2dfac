"""The rounds as a table for a person. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from statistics import median

from tests.e2e.chaos.rounds import Round

LOST = ("inbound-lost", "arrival-lost")
UNREADABLE = "arrival-unreadable"
DOUBLED = ("inbound-doubled", "answer-doubled", "arrival-doubled")
HEADER = (
    f"{'fault':<20} {'rounds':>6} {'sent':>6} {'queued':>6} {'uncertain':>9} "
    f"{'lost':>5} {'twice':>5} {'unreadable':>10} "
    f"{'other':>5} {'unanswered':>10} {'unlogged':>8} {'recovery s':>12} {'wait s':>7} {'lag s':>7}"
)


def render_table(rounds: Sequence[Round]) -> str:
    by_fault: dict[str, list[Round]] = defaultdict(list)
    for each in rounds:
        by_fault[each.fault].append(each)
    lines = [HEADER, *(_render_line(name, own) for name, own in by_fault.items())]
    if len(by_fault) > 1:
        lines.append(_render_line("all", rounds))
    for each in rounds:
        lines += [
            f"  {each.fault} {each.number}: {v.rule}: tenant {v.tenant_id}: {v.detail}"
            for v in each.verdict.violations
        ]
    return "\n".join(lines)


def _render_line(name: str, rounds: Sequence[Round]) -> str:
    figures = [each.verdict.figures for each in rounds]
    rules = Counter(v.rule for each in rounds for v in each.verdict.violations)
    lost, doubled = sum(rules[r] for r in LOST), sum(rules[r] for r in DOUBLED)
    recovery = [f.recovery for f in figures if f.recovery is not None]
    typical = f"{median(recovery):.1f}/{max(recovery):.1f}" if recovery else "-"
    return (
        f"{name:<20} {len(rounds):>6} {sum(f.sent for f in figures):>6} "
        f"{sum(sum(f.queued.values()) for f in figures):>6} "
        f"{sum(f.queued.get('UNCERTAIN', 0) for f in figures):>9} {lost:>5} {doubled:>5} "
        f"{rules[UNREADABLE]:>10} {rules.total() - lost - doubled - rules[UNREADABLE]:>5} "
        f"{sum(sum(f.unanswered.values()) for f in figures):>10} "
        f"{sum(f.unlogged for f in figures):>8} {typical:>12} "
        f"{_worst(f.longest_wait for f in figures):>7} {_worst(f.longest_lag for f in figures):>7}"
    )


def _worst(times: Iterable[float | None]) -> str:
    known = [time for time in times if time is not None]
    return f"{max(known):.1f}" if known else "-"
