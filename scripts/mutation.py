"""Mutation runs of the pure modules with mutmut, in a copy of the sources.

mutmut changes the bodies of functions: an operator, a number, a word, an argument, a case. It
leaves alone what is decorated (properties) and what stands outside functions (tables, limits):
these need claims of their own. Each module is run with the unit tests that import it.
"""

import argparse
import ast
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).resolve().parent.parent
# One for all runs, so that a run that was killed leaves nothing that the next one does not remove.
COPY = ROOT / ".flowhq" / "cache" / "mutate"
ROOMS = ("shared", "worker", "controlplane", "portal", "sandbox", "launcher", "scripts")
CONTRACT = "Decisions are pure"
# Decisions and guards that may import a store or a clock, so that no contract names them.
GUARDS = (
    "shared.audit_chain",
    "shared.backoff",
    "shared.contacts",
    "shared.file_slips",
    "shared.flows.words",
    "shared.stores.cursors",
    "shared.web.limits",
    "worker.outbox.freeze",
)
# They set the scene with many modules, and take most of the time.
SLOW = {
    "tests/unit/worker/test_link.py",
    "tests/unit/worker/test_outbound.py",
    "tests/unit/worker/test_uplink.py",
}
# What mutmut notes for each mutant: how its pytest ended, or None while it has not run. The others
# stand for survival: no test failed, or none runs the function at all.
FAILED, TIMED_OUT = {1, 3}, {-24, 24, 36, 152, 255}
INTERRUPTED, SKIPPED = 2, 34


@dataclass
class Score:
    """left: mutants that were not run before the time was up."""

    module: str
    killed: int = 0
    survived: int = 0
    left: int = 0
    problem: str = ""

    @property
    def share(self) -> str:
        run = self.killed + self.survived
        return f"{100 * self.killed / run:.0f} %" if run else "-"


def list_modules() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    [pure] = [each for each in contracts if each["name"] == CONTRACT]
    return sorted({*pure["source_modules"], *GUARDS})


def path_of(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def find_tests(module: str) -> list[str]:
    """The unit tests that import it; where none does, those that import what imports it."""
    direct = _find_importers([module], COPY / "tests" / "unit")
    if direct:
        return direct
    rooms = [path for room in ROOMS for path in _find_importers([module], COPY / room)]
    users = [path.removesuffix(".py").replace("/", ".") for path in rooms]
    return _find_importers(users, COPY / "tests" / "unit")


def _find_importers(modules: Sequence[str], below: Path) -> list[str]:
    found = [file for file in below.rglob("*.py") if not _imported(file).isdisjoint(modules)]
    return sorted({str(file.relative_to(COPY)) for file in found} - SLOW)


def _imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=parts):
                names |= {part.name for part in parts}
            case ast.ImportFrom(module=str(origin), names=parts):
                names |= {origin, *(f"{origin}.{part.name}" for part in parts)}
            case _:
                pass
    return names


def run_module(module: str, *, seconds: float, children: int) -> Score:
    tests = find_tests(module)
    if not tests:
        return Score(module, problem="no unit test imports it")
    _configure(module, tests)
    shutil.rmtree(COPY / "mutants", ignore_errors=True)
    command = [sysconfig.get_path("scripts") + "/mutmut", "run", "--max-children", str(children)]
    problem = ""
    with (COPY / "mutmut.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  our own tool
            command,
            cwd=COPY,
            env=_environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            if process.wait(seconds) != 0:
                problem = (COPY / "mutmut.log").read_text(errors="replace")[-600:]
        except subprocess.TimeoutExpired:
            problem = "the time was up"
        finally:
            _end(process)
    return _read_score(module, problem)


def _environment() -> dict[str, str]:
    """Without the place of the repository's bytecode, which is of other sources."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPYCACHEPREFIX"}  # noqa: TID251  a child's own
    return kept | {"HYPOTHESIS_STORAGE_DIRECTORY": str(COPY)}


def _end(process: subprocess.Popen[bytes]) -> None:
    """With what it has forked: they are one group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _configure(module: str, tests: Sequence[str]) -> None:
    settings = {
        "source_paths": list(ROOMS),
        "only_mutate": [path_of(module)],
        "pytest_add_cli_args_test_selection": list(tests),
        "pytest_add_cli_args": ["-p", "no:cacheprovider"],
        "use_git_change_detection": False,
        "track_dependencies": False,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    # A machine that is busy elsewhere must not turn a slow test into a mutant that hangs.
    lines.append("timeout_constant = 20.0")
    text = (COPY / "pyproject.unchanged").read_text(encoding="utf-8")
    added = "\n".join(["", "[tool.mutmut]", *lines, ""])
    (COPY / "pyproject.toml").write_text(text + added, encoding="utf-8")


def _read_score(module: str, problem: str) -> Score:
    score = Score(module, problem=problem)
    meta = COPY / "mutants" / f"{path_of(module)}.meta"
    if not meta.exists():
        return score
    for code in json.loads(meta.read_bytes())["exit_code_by_key"].values():
        if code in {None, INTERRUPTED}:
            score.left += 1
        elif code in FAILED | TIMED_OUT:
            score.killed += 1
        elif code != SKIPPED:
            score.survived += 1
    return score


# `mutmut show` takes a process and seconds for each.
SHOW = """
import sys
from mutmut.mutation.diff_apply import get_diff_for_mutant
for name in sys.argv[1:]:
    print("@@", name)
    print(get_diff_for_mutant(name))
"""


def list_survivors(module: str) -> Iterator[str]:
    """The changed lines of each, under its name."""
    meta = COPY / "mutants" / f"{path_of(module)}.meta"
    codes = json.loads(meta.read_bytes())["exit_code_by_key"] if meta.exists() else {}
    others = {None, INTERRUPTED, SKIPPED} | FAILED | TIMED_OUT
    names = [name for name, code in codes.items() if code not in others]
    shown = subprocess.run(  # noqa: S603  our own tool
        [sys.executable, "-c", SHOW, *names],
        cwd=COPY, env=_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    for part in re.split(r"^@@ (?=\w+\.)", shown.stdout, flags=re.MULTILINE)[1:]:
        name, diff = part.split("\n", 1)
        yield "\n".join([name, *re.findall(r"^[-+](?![-+]).*$", diff, re.MULTILINE)])


@contextmanager
def copied_sources() -> Iterator[None]:
    """As they stand in the work tree. One run at a time: it is the same place for all."""
    COPY.parent.mkdir(parents=True, exist_ok=True)
    with COPY.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(COPY, ignore_errors=True)
        try:
            for name in (*ROOMS, "tests"):
                skipped = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, COPY / name, ignore=skipped)
            shutil.copyfile(ROOT / "pyproject.toml", COPY / "pyproject.unchanged")
            yield
        finally:
            shutil.rmtree(COPY, ignore_errors=True)


def show(scores: Sequence[Score]) -> str:
    lines = ["| module | mutants | killed | survived | score |", "|---|---|---|---|---|"]
    total = Score("all")
    for each in scores:
        total.killed += each.killed
        total.survived += each.survived
        total.left += each.left
    for each in (*scores, total):
        note = f" ({each.left} not run)" if each.left else ""
        run = each.killed + each.survived
        lines.append(
            f"| `{each.module}` | {run}{note} | {each.killed} | {each.survived} | {each.share} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="by their dotted names; all by default")
    parser.add_argument("--minutes", type=float, default=60, help="for all of them together")
    parser.add_argument("--children", type=int, default=1, help="mutants at once")
    parser.add_argument("--survivors", action="store_true", help="show what nothing noticed")
    parser.add_argument("--report", type=Path, help="also write the table to this file")
    given = parser.parse_args()
    known = list_modules()
    if unknown := [each for each in given.modules if not (ROOT / path_of(each)).is_file()]:
        parser.error(f"no such module: {', '.join(unknown)}")
    end = monotonic() + given.minutes * 60
    scores = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that it, too, tidies up
    with copied_sources():
        for module in given.modules or known:
            seconds = max(end - monotonic(), 0)
            if not seconds:
                print(f"  - {module}: the time was up", flush=True)
                continue
            score = run_module(module, seconds=seconds, children=given.children)
            scores.append(score)
            print(
                f"  {module}: {score.killed} killed, {score.survived} survived {score.problem}",
                flush=True,
            )
            if given.survivors:
                print(*list_survivors(module), sep="\n\n", flush=True)
    table = show(scores)
    print(table)
    if given.report:
        given.report.write_text(f"{table}\n", encoding="utf-8")
    return 0 if scores and not any(each.problem and not each.killed for each in scores) else 1


if __name__ == "__main__":
    sys.exit(main())
