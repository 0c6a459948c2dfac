"""What each tenant wrote, looked for wherever it has no business to be."""

import asyncio
import re
from typing import Any

import httpx

from attack.canaries.places import find_in_media, find_in_volume
from attack.checks import Check, Outcome
from attack.errors import NotTriedError
from attack.ground import Business, Ground
from attack.inside.tokens import read_token
from attack.sites.answers import CANARY
from attack.stress.command import settle
from attack.stress.verdict import Sent, judge

MESSAGES = 8
OPEN_TO_OTHERS = 0o007
_NUMBER = re.compile(r"[0-9]{9,15}")


async def traffic(ground: Ground) -> Outcome:
    """Customers of two tenants write at once; then everybody is asked who has seen what."""
    businesses = _linked(ground)
    sent: list[Sent] = list(
        await asyncio.gather(
            *(
                ground.platform.write(
                    tenant={"id": each.id, "phone_number": each.phone_number},
                    customer=each.customer,
                )
                for _ in range(MESSAGES)
                for each in businesses
            )
        )
    )
    await settle(ground.platform, sent)
    violations = judge(await ground.platform.collect(sent))
    return Outcome(
        saw=f"{len(sent)} messages to two tenants at once, in logs, containers and phones",
        breaches=[f"{v.rule}: tenant {v.tenant_id}: {v.detail}" for v in violations],
    )


async def volumes(ground: Ground) -> Outcome:
    """The files of each worker, read from outside."""
    breaches = []
    businesses = _linked(ground)
    for business in businesses:
        seen, is_read = await asyncio.to_thread(find_in_volume, ground.engine, business.id)
        if not is_read:
            breaches.append(f"no database is on the volume of {business.name}: nothing was read")
        foreign = seen & _of_others(ground, business)
        breaches += [f"{each} is on the volume of {business.name}" for each in sorted(foreign)]
    return Outcome(saw=f"{len(businesses)} volumes", breaches=breaches)


async def resources(ground: Ground) -> Outcome:
    """What the engine says of networks, addresses, volumes and variables of each worker."""
    businesses = _linked(ground)
    inspected = [
        await asyncio.to_thread(ground.engine.inspect_container, f"flowhq-worker-{each.id}")
        for each in businesses
    ]
    breaches = []
    for business, seen in zip(businesses, inspected, strict=True):
        networks = seen["NetworkSettings"]["Networks"]
        if len(networks) != 1:
            breaches.append(f"{business.name} is on the networks {sorted(networks)}")
        mounts = [mount["Name"] for mount in seen["Mounts"] if mount["Type"] == "volume"]
        binds = [mount["Source"] for mount in seen["Mounts"] if mount["Type"] == "bind"]
        if len(mounts) != 1 or binds:
            breaches.append(f"{business.name} has the mounts {mounts + binds}")
    own = _collect_own(inspected)
    own["token"] = [await read_token(ground, seen["Id"]) for seen in inspected]
    for what, values in own.items():
        if len(set(values)) != len(values):
            breaches.append(f"two tenants have the same {what}")
    return Outcome(saw=f"{len(inspected)} containers", breaches=breaches)


async def log_files(ground: Ground) -> Outcome:
    """No text of a message is in a log file, also not of the tenant's own."""
    logs = await asyncio.to_thread(ground.target.installation.read_logs)
    secrets = {each.said for each in (ground.alpha, ground.beta)}
    credentials = {
        "the admin key": ground.target.admin_key,
        **{f"the key {name}": key for name, key in ground.keys.items()},
        **{f"the password of {name}": word for name, word in ground.passwords.items()},
    }
    breaches = []
    for name, text in logs.items():
        breaches += [f"{each} in {name}" for each in sorted(secrets & {*CANARY.findall(text)})]
        breaches += [f"{what} in {name}" for what, word in credentials.items() if word in text]
    return Outcome(saw=f"{len(logs)} log files", breaches=breaches)


async def log_modes(ground: Ground) -> Outcome:
    modes = await asyncio.to_thread(ground.target.installation.list_log_modes)
    if not modes:
        raise NotTriedError("the logs are the engine's here, and no files of the installation's")
    opened = [f"{name} ({mode:o})" for name, mode in modes.items() if mode & OPEN_TO_OTHERS]
    breaches = []
    if opened:
        breaches.append(f"{len(opened)} are open to every user of the machine, as {opened[0]}")
    return Outcome(saw=f"{len(modes)} log files", breaches=breaches)


async def media(ground: Ground) -> Outcome:
    """Files on the control plane's disk, by the tenant whose directory they are in."""
    if ground.target.state_dir is None or not ground.alpha.ids.get("sha256"):
        raise NotTriedError("the control plane's disk is not this machine's to read")
    directory = ground.target.state_dir / "media"
    breaches, found = [], 0
    for business in (ground.alpha, ground.beta):
        places = await asyncio.to_thread(find_in_media, directory, business.canary)
        found += len(places)
        breaches += [
            f"a file of {business.name} lies at {place}"
            for place in places
            if business.id not in place.parts
        ]
    if not found:
        breaches.append("no file of any tenant is there: nothing was looked at")
    return Outcome(saw=f"{found} files of two tenants", breaches=breaches)


async def search_and_export(ground: Ground) -> Outcome:
    """What one business's owner finds of another's words, by search and in an export."""
    _linked(ground)
    breaches = []
    pages = ("/messages/search?q={}", "/messages/export.csv?q={}")
    owner, stranger = ground.known("alpha-owner"), ground.known("beta-owner")
    found = 0
    for page in pages:
        path = page.format(ground.alpha.said)
        own = await owner.knock("GET", path)
        found += bool(_rows_of(ground.alpha, own.text))
        foreign = await stranger.knock("GET", path)
        if _rows_of(ground.alpha, foreign.text):
            breaches.append(f"GET {page}: shows another business's message")
    if found < len(pages):
        breaches.append("the business does not find its own words: nothing was looked at")
    return Outcome(saw=f"{len(pages)} searches as two owners", breaches=breaches)


async def customers(ground: Ground) -> Outcome:
    """What is on the customers' phones is of the tenant that they wrote to."""
    breaches = []
    businesses = _linked(ground)
    for business in businesses:
        inbox = await _inbox(ground, business.customer)
        seen = set(CANARY.findall(str(inbox)))
        breaches += [
            f"{each} on the phone of {business.name}'s customer"
            for each in sorted(seen & _of_others(ground, business))
        ]
    return Outcome(saw=f"{len(businesses)} customers' phones", breaches=breaches)


def _rows_of(business: Business, text: str) -> set[str]:
    """A page repeats the words that were looked for; a row also names who wrote them."""
    return {business.canary, business.customer.removeprefix("+")} & {
        *CANARY.findall(text),
        *_NUMBER.findall(text),
    }


async def _inbox(ground: Ground, number: str) -> Any:
    answer = await ground.platform.sandbox.get(f"/customers/{number}/messages")
    if answer.is_error:
        raise httpx.HTTPError(answer.text)
    return answer.json()


def _collect_own(inspected: list[dict[str, Any]]) -> dict[str, list[str]]:
    """What no two containers may share."""
    own: dict[str, list[str]] = {"address": [], "volume": [], "container": [], "network": []}
    for seen in inspected:
        own["container"].append(seen["Id"])
        own["network"] += list(seen["NetworkSettings"]["Networks"])
        own["address"] += [
            network["IPAddress"] for network in seen["NetworkSettings"]["Networks"].values()
        ]
        own["volume"] += [mount["Source"] for mount in seen["Mounts"]]
    return own


def _linked(ground: Ground) -> list[Business]:
    businesses = [each for each in (ground.alpha, ground.beta) if each.is_linked]
    if len(businesses) < 2:
        raise NotTriedError("no sandbox: nobody can write to the tenants")
    return businesses


def _of_others(ground: Ground, business: Business) -> set[str]:
    others = [each for each in (ground.alpha, ground.beta) if each is not business]
    return {canary for each in others for canary in each.own}


CHECKS = [
    Check(
        name="canaries.traffic",
        fence="one container, one volume and one connection a tenant",
        expects="every message logged once, answered once, and seen by nobody else",
        attack=traffic,
    ),
    Check(
        name="canaries.resources",
        fence="containers (controlplane/containers/spec.py)",
        expects="an own container, network, address, volume and token for each tenant",
        attack=resources,
    ),
    Check(
        name="canaries.volumes",
        fence="volumes (controlplane/containers/spec.py)",
        expects="each volume holds the words of its own tenant alone",
        attack=volumes,
    ),
    Check(
        name="canaries.log-files",
        fence="logging (shared/log.py)",
        expects="no text of a message, no key and no password in any log file",
        attack=log_files,
    ),
    Check(
        name="canaries.log-modes",
        fence="log files (launcher/processes.py, shared/log.py)",
        expects="log files that other users of the machine cannot read",
        attack=log_modes,
    ),
    Check(
        name="canaries.media",
        fence="files below the tenant's own directory (controlplane/media/files.py)",
        expects="each file below the directory of its own tenant",
        attack=media,
    ),
    Check(
        name="canaries.search-and-export",
        fence="row policies (shared/db/guard.py)",
        expects="searches and exports that find the own business's words alone",
        attack=search_and_export,
    ),
    Check(
        name="canaries.customers",
        fence="one linked phone a tenant",
        expects="customers who see the words of the tenant that they wrote to alone",
        attack=customers,
    ),
]
