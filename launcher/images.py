"""Engine and images, in their order: what `up`, the tests and `launcher image` need first."""

from collections.abc import Mapping

import msgspec

from launcher import base_image, engine, leftovers, practice_image, worker_image
from launcher.building import Image
from launcher.console import step
from launcher.engine import Engine
from launcher.paths import Paths

MEGABYTE = 1_000_000


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """worker: the image that workers run, production or practice as was asked."""

    engine: Engine
    base: Image
    production: Image
    worker: Image


def prepare(paths: Paths, environ: Mapping[str, str], *, practice: bool) -> Prepared:
    paths.prepare()
    with step("Docker engine") as outcome:
        found = engine.ensure_engine(paths, environ)
        outcome.detail = found.version
    with step("Base image") as outcome:
        base = base_image.ensure_base(paths, found.address)
        outcome.detail = _describe(base)
    with step("Worker image") as outcome:
        production = worker_image.ensure_worker(paths, found.address, base=base, environ=environ)
        outcome.detail = _describe(production)
    leftovers.remember(paths, [base.tag, production.tag])
    if not practice:
        return Prepared(engine=found, base=base, production=production, worker=production)
    with step("Practice image (trusts the sandbox)") as outcome:
        worker = practice_image.ensure_practice(
            paths, found.address, worker=production, environ=environ
        )
        outcome.detail = _describe(worker)
    leftovers.remember(paths, [worker.tag])
    return Prepared(engine=found, base=base, production=production, worker=worker)


def _describe(image: Image) -> str:
    return f"{image.tag}, {image.size / MEGABYTE:.0f} MB{'' if image.made else ', was there'}"
