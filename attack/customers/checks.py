"""Customers who write to break something: the pages, the exports, the logs, or a neighbour."""

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx

from attack.checks import Check, Outcome
from attack.customers.pages import find_formulas, find_running
from attack.customers.texts import MARK, NAMES, TEXTS, to_files
from attack.errors import NotTriedError
from attack.ground import Ground
from attack.neighbours import disturb, sites, with_answers
from attack.stress.platform import json_of

# Of a name that a file is saved under: ways out of a directory, and turned directions.
HIDING = ("/", "\\", "%2F", "%5C", "%E2%80%AE", "\u202e")
CHATS = 60
QUOTES = 20
LOGGED = 25.0
# What a browser shows rather than saves, and may run.
SHOWN = ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml")
PAGES = (
    "/messages",
    "/messages/search?q=evil",
    "/messages/search?q=%3Cscript%3E",
    "/home",
    "/activity",
)


async def write(ground: Ground) -> Outcome:
    """Everything is written; everything must be logged, and the neighbour served meanwhile."""
    _check_linked(ground)
    writers = [await _new_customer(ground, name) for name in NAMES]
    ground.store["writers"] = writers

    async def act() -> list[str]:
        sent = await _write_all(ground, writers)
        missing = await _await_logged(ground, sent)
        return [f"{sent[each]}: never logged" for each in missing]

    breaches, waits = await disturb(ground, with_answers(ground, sites(ground)), act)
    many = len(TEXTS) + len(to_files()) + QUOTES
    return Outcome(
        saw=f"{many} texts, files and quotes of {len(writers)} customers: {waits}",
        breaches=breaches,
    )


async def chats(ground: Ground) -> Outcome:
    """Many customers, each in a chat of their own."""
    _check_linked(ground)

    async def act() -> list[str]:
        before = await _count_contacts(ground)
        turn = asyncio.Semaphore(8)

        async def one(number: int) -> None:
            async with turn:
                writer = await _new_customer(ground, f"Many {number}")
                await _post(ground, writer, {"text": f"Hello {number}"})

        await asyncio.gather(*(one(number) for number in range(CHATS)))
        return await _await_contacts(ground, before + CHATS)

    breaches, waits = await disturb(ground, sites(ground), act)
    answer = await ground.known("alpha-owner").knock("GET", "/messages")
    if answer.status != httpx.codes.OK:
        breaches.append(f"GET /messages: answered {answer.status}")
    return Outcome(saw=f"{CHATS} chats: {waits}", breaches=breaches)


async def _await_contacts(ground: Ground, wanted: int) -> list[str]:
    deadline = asyncio.get_running_loop().time() + LOGGED
    while asyncio.get_running_loop().time() < deadline:
        if await _count_contacts(ground) >= wanted:
            return []
        await asyncio.sleep(0.25)
    return [f"{await _count_contacts(ground)} contacts are there, and not {wanted}"]


async def pages(ground: Ground) -> Outcome:
    """Every page on which the texts stand."""
    writers = _writers(ground)
    alpha = ground.alpha.id
    owner, operator = ground.known("alpha-owner"), ground.known("operator")
    threads = [f"/messages/{quote(each, safe='')}" for each in writers]
    shown = [(owner, path) for path in (*PAGES, *threads, *(f"{t}/stream" for t in threads))]
    shown += [
        (operator, path)
        for path in (f"/dashboard/tenants/{alpha}", f"/dashboard/tenants/{alpha}/messages")
    ]
    breaches, seen = [], 0
    for browser, path in shown:
        answer = await browser.knock("GET", path)
        seen += MARK in answer.text
        if answer.status != httpx.codes.OK:
            breaches.append(f"GET {path}: answered {answer.status}")
        breaches += [f"GET {path}: {each}" for each in find_running(answer.text)]
        if "script-src" not in answer.headers and "default-src" not in answer.headers:
            breaches.append(f"GET {path}: no policy says what may run")
    if not seen:
        breaches.append("no page shows what was written: nothing was looked at")
    return Outcome(
        saw=f"{len(shown)} pages, {seen} of them with what was written", breaches=breaches
    )


async def export(ground: Ground) -> Outcome:
    _writers(ground)
    answer = await ground.known("alpha-owner").knock("GET", "/messages/export.csv")
    breaches = find_formulas(answer.text)
    if answer.status != httpx.codes.OK or MARK not in answer.text:
        breaches.append(f"the export answered {answer.status} without what was written")
    return Outcome(saw=f"{answer.text.count(chr(10))} lines of CSV", breaches=breaches)


async def logs(ground: Ground) -> Outcome:
    """No text, no name and no control sign of a customer's in a log file."""
    _writers(ground)
    files = await asyncio.to_thread(ground.target.installation.read_logs)
    breaches = [
        f"{name} holds what a customer wrote" for name, text in files.items() if MARK in text
    ]
    breaches += [f"{name} holds control signs" for name, text in files.items() if "\x1b" in text]
    return Outcome(saw=f"{len(files)} log files", breaches=breaches)


async def downloads(ground: Ground) -> Outcome:
    """Files that are not what they say, as a program and a browser are given them."""
    _writers(ground)
    rows = await ground.call("GET", f"/admin/tenants/{ground.alpha.id}/logs?limit=500")
    files = [row for row in rows["items"] if row.get("media") and row["direction"] == "IN"]
    owner, breaches = ground.known("alpha-owner"), []
    for row in files:
        person = quote(row["from_number"], safe="")
        for name, client, path in (
            (
                "API",
                ground.platform.api,
                f"/admin/tenants/{ground.alpha.id}/logs/{row['id']}/media",
            ),
            ("portal", owner.client, f"/messages/{person}/{row['id']}/file"),
        ):
            answer = await client.get(path)
            breaches += [f"{name} {row['media']['mime_type']}: {w}" for w in _judge_file(answer)]
    if not files:
        breaches.append("no file arrived: nothing was looked at")
    return Outcome(saw=f"{len(files)} files, from the API and the portal", breaches=breaches)


def _judge_file(answer: httpx.Response) -> list[str]:
    if answer.is_error:
        is_known = answer.status_code in {404, 410, 413, 415, 502, 503}
        return [] if is_known else [f"answered {answer.status_code}"]
    kind = answer.headers.get("content-type", "").partition(";")[0]
    disposition = answer.headers.get("content-disposition", "")
    found = []
    if kind in SHOWN and not disposition.startswith("attachment"):
        found.append(f"is shown as {kind}")
    if answer.headers.get("x-content-type-options") != "nosniff":
        found.append("its type may be guessed by a browser")
    if any(sign in disposition for sign in HIDING):
        found.append(f"is saved as {disposition!r}")
    return found


async def _write_all(ground: Ground, writers: list[str]) -> dict[str, str]:
    """What was written, by the id of its message."""
    sent: dict[str, str] = {}
    for number, (name, text) in enumerate(TEXTS.items()):
        sent |= await _try_post(ground, writers[number % len(writers)], name, {"text": text})
    for number, (name, content) in enumerate(to_files().items()):
        writer = writers[number % len(writers)]
        sent |= await _try_post(ground, writer, name, {"content": content})
    last: str | None = None
    for number in range(QUOTES):
        body: dict[str, Any] = {"text": f"Quote {number} {MARK}"}
        if last is not None:
            body["reply_to"] = last
        done = await _try_post(ground, writers[0], f"quote {number}", body)
        last = next(iter(done), last)
        sent |= done
    return sent


async def _try_post(ground: Ground, writer: str, name: str, body: dict[str, Any]) -> dict[str, str]:
    """Nothing where the sandbox itself does not take it."""
    answer = await _post(ground, writer, body)
    return {} if answer.is_error else {answer.json()["id"]: name}


async def _post(ground: Ground, writer: str, body: dict[str, Any]) -> httpx.Response:
    return await ground.platform.sandbox.post(
        f"/customers/{writer}/messages", json={"to": ground.alpha.phone_number, **body}
    )


async def _await_logged(ground: Ground, sent: dict[str, str]) -> set[str]:
    """The ids of those that are not in the log after a while."""
    deadline = asyncio.get_running_loop().time() + LOGGED
    missing = set(sent)
    while missing and asyncio.get_running_loop().time() < deadline:
        rows = await ground.call("GET", f"/admin/tenants/{ground.alpha.id}/logs?limit=500")
        missing = set(sent) - {row["wa_message_id"] for row in rows["items"]}
        await asyncio.sleep(0.25)
    return missing


async def _new_customer(ground: Ground, name: str) -> str:
    made = await json_of(ground.platform.sandbox.post("/customers", json={"name": name}))
    return str(made["phone_number"])


async def _count_contacts(ground: Ground) -> int:
    found = await ground.call("GET", f"/admin/tenants/{ground.alpha.id}/contacts?limit=500")
    return len(found["items"])


def _check_linked(ground: Ground) -> None:
    if not ground.alpha.is_linked:
        raise NotTriedError("no sandbox: no customer can write")


def _writers(ground: Ground) -> list[str]:
    writers: list[str] = ground.store.get("writers", [])
    if not writers:
        raise NotTriedError("nothing was written: customers.write did not get so far")
    return writers


CHECKS = [
    Check(
        name="customers.write",
        fence="intake of messages (worker/inbox, worker/whatsapp/translate.py)",
        expects="every message logged, whatever is in it, and neighbours served",
        attack=write,
        budget=timedelta(seconds=120),
    ),
    Check(
        name="customers.many-chats",
        fence="contacts (shared/contacts.py, shared/stores/contacts.py)",
        expects="a contact for each, and pages that open",
        attack=chats,
        budget=timedelta(seconds=60),
    ),
    Check(
        name="customers.pages",
        fence="templates and their policy (shared/web/rendering.py, shared/web/headers.py)",
        expects="pages that show what was written and run nothing of it",
        attack=pages,
    ),
    Check(
        name="customers.export",
        fence="CSV (portal/csv_rows.py)",
        expects="no cell that a spreadsheet takes for a formula, whichever sign it splits at",
        attack=export,
    ),
    Check(
        name="customers.logs",
        fence="logging (shared/log.py)",
        expects="nothing of a customer's words in a log file",
        attack=logs,
    ),
    Check(
        name="customers.files",
        fence="files as they are given out (shared/web/downloads.py, portal/files.py)",
        expects="files to be saved, under harmless names and types",
        attack=downloads,
    ),
]
