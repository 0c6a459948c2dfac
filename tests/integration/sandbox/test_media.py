"""Files in and out through the real client, and what befalls them by script."""

import ssl
from base64 import b64encode
from hashlib import sha256
from typing import Any

import httpx
import pytest

from tests.integration.sandbox.acts import fault, received, send

CONTENT = b"%PDF-1.7\n" + bytes(range(256)) * 300
FIELDS = {
    "IMAGE": "imageMessage",
    "VIDEO": "videoMessage",
    "VOICE": "audioMessage",
    "AUDIO": "audioMessage",
    "DOCUMENT": "documentMessage",
    "STICKER": "stickerMessage",
}


@pytest.fixture
def scene(shared_scene):
    return shared_scene


def file_in(scene: tuple, kind: str = "IMAGE", **content: object) -> dict[str, Any]:
    """What the client is told of a file that the customer sends."""
    sandbox, phone, companion, customer, _ = scene
    content = {"kind": kind, "file": {"size": 100_000}} | content
    message_id = send(sandbox, customer, phone, content=content)
    return companion.expect("message", id=message_id)["content"]


def file_out(scene: tuple, field: str = "imageMessage", **more: object) -> None:
    _, _, companion, customer, _ = scene
    content = b64encode(CONTENT).decode()
    companion.order(to=customer[1:], file=content, **{"as": field}, more=more)


@pytest.mark.parametrize("kind", FIELDS)
def test_a_file_of_each_kind_is_downloaded_by_the_client(scene, kind: str) -> None:
    companion = scene[2]
    given = b64encode(CONTENT).decode()

    message = file_in(scene, kind, file={"base64": given})
    companion.order(download=message)

    part = message[FIELDS[kind]]
    assert int(part["fileLength"]) == len(CONTENT)
    assert part.get("PTT", False) == (kind == "VOICE")
    downloaded = companion.expect("downloaded")
    assert downloaded["sha256"] == sha256(CONTENT).hexdigest()


def test_the_client_finds_a_file_by_its_path_alone(scene) -> None:
    companion = scene[2]
    message = file_in(scene)

    url = message["imageMessage"].pop("URL")
    companion.order(download=message)
    assert companion.expect("downloaded")["size"] == 100_000

    path = message["imageMessage"].pop("directPath")
    assert url.endswith(path)
    companion.order(download=message)
    assert companion.expect("failed")["error"] == "no url present"


def test_a_large_file_arrives_whole(scene) -> None:
    companion = scene[2]

    companion.order(download=file_in(scene, "DOCUMENT", file={"size": 20 << 20}))

    assert companion.expect("downloaded")["size"] == 20 << 20


def test_what_is_said_of_a_file_arrives(scene) -> None:
    document = {"mime_type": "text/csv", "file_name": "bei.csv", "caption": "Bei"}

    part = file_in(scene, "DOCUMENT", **document)["documentMessage"]

    assert (part["mimetype"], part["fileName"], part["caption"]) == tuple(document.values())
    assert file_in(scene, "VIDEO", seconds=7, caption="x")["videoMessage"]["seconds"] == 7


@pytest.mark.parametrize(
    ("field", "kind", "more"),
    [
        ("imageMessage", "IMAGE", {"mimetype": "image/png", "caption": "Picha"}),
        ("videoMessage", "VIDEO", {"mimetype": "video/mp4", "seconds": 4}),
        ("audioMessage", "VOICE", {"mimetype": "audio/ogg", "PTT": True}),
        ("audioMessage", "AUDIO", {"mimetype": "audio/mpeg"}),
        ("documentMessage", "DOCUMENT", {"mimetype": "application/pdf", "fileName": "bei.pdf"}),
        ("stickerMessage", "STICKER", {"mimetype": "image/webp"}),
    ],
)
def test_a_customer_opens_what_the_client_uploaded(
    scene, field: str, kind: str, more: dict
) -> None:
    sandbox, _, _, customer, _ = scene

    file_out(scene, field, **more)

    item = received(sandbox, customer)
    assert item["kind"] == kind
    media = item["media"]
    assert media["mime_type"] == more["mimetype"]
    assert media["caption"] == more.get("caption", "")
    assert media["file_name"] == more.get("fileName", "")
    assert (media["size"], media["sha256"]) == (len(CONTENT), sha256(CONTENT).hexdigest())
    assert sandbox.http.get(media["path"]).content == CONTENT


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("fileLength", 3, "says 3 bytes"),
        ("fileSHA256", b64encode(bytes(32)).decode(), "opened file's hash"),
        ("fileEncSHA256", b64encode(bytes(32)).decode(), "stored file's hash"),
        ("mediaKey", b64encode(bytes(32)).decode(), "not sealed with the message's key"),
    ],
)
def test_a_file_that_is_not_the_one_described_is_not_opened(
    scene, field: str, value: object, problem: str
) -> None:
    sandbox, _, _, customer, _ = scene

    file_out(scene, **{field: value})

    answer = sandbox.http.get(received(sandbox, customer)["media"]["path"])
    assert answer.status_code == 409
    assert problem in answer.json()["detail"]


def test_what_the_owner_sends_on_the_phone_is_opened_by_both(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    content = {"kind": "IMAGE", "file": {"size": 5000}}

    body = {"to": customer, "content": content}
    written = sandbox.call("POST", f"/phones/{phone}/messages", body)["id"]

    event = companion.expect("message", id=written)
    companion.order(download=event["content"])
    media = received(sandbox, customer)["media"]
    assert companion.expect("downloaded")["sha256"] == media["sha256"]
    assert len(sandbox.http.get(media["path"]).content) == 5000


def test_a_file_that_is_not_stored_is_not_found(scene) -> None:
    sandbox, _, _, customer, _ = scene

    file_out(scene, directPath="/v/nowhere?x=1")

    assert sandbox.http.get(received(sandbox, customer)["media"]["path"]).status_code == 404


@pytest.mark.parametrize("code", [403, 404, 410])
def test_a_refused_download_is_told_with_its_code(scene, code: int) -> None:
    sandbox, phone, companion, *_ = scene
    fault(sandbox, phone, media={"download_refused": {"nth": [1], "code": code}})
    message = file_in(scene)

    companion.order(download=message)

    assert f"status code {code}" in companion.expect("failed")["error"]
    companion.order(download=message)  # the next one is not struck
    companion.expect("downloaded")


@pytest.mark.parametrize(("code", "attempts"), [(500, 1), (503, 5)])
def test_the_client_gives_a_download_up(scene, code: int, attempts: int) -> None:
    sandbox, phone, companion, *_ = scene
    fault(sandbox, phone, media={"download_refused": {"every": 1, "code": code}})

    companion.order(download=file_in(scene))

    assert f"status code {code}" in companion.expect("failed")["error"]
    counts = sandbox.call("GET", f"/phones/{phone}/faults")["counts"]
    assert counts["media.download_refused"] == attempts


def test_a_download_that_meets_an_error_of_the_server_is_tried_again(scene) -> None:
    sandbox, phone, companion, *_ = scene
    fault(sandbox, phone, media={"download_refused": {"nth": [1, 2], "code": 503}})

    companion.order(download=file_in(scene))

    companion.expect("downloaded")
    counts = sandbox.call("GET", f"/phones/{phone}/faults")["counts"]
    assert counts["media.download_refused"] == 3


@pytest.mark.parametrize("name", ["truncated", "corrupted"])
def test_a_spoilt_download_is_refused_by_the_client(scene, name: str) -> None:
    sandbox, phone, companion, *_ = scene
    fault(sandbox, phone, media={name: {"every": 1}})

    companion.order(download=file_in(scene))

    assert "hash of media ciphertext doesn't match" in companion.expect("failed")["error"]


def test_a_slow_download_arrives_whole(scene) -> None:
    sandbox, phone, companion, *_ = scene
    fault(sandbox, phone, media={"download_rate": 100_000, "delay": 0.2})

    companion.order(download=file_in(scene))

    assert companion.expect("downloaded")["size"] == 100_000


@pytest.mark.parametrize("code", [401, 413, 500])
def test_a_refused_upload_is_told_with_its_code(scene, code: int) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, media={"upload_refused": {"nth": [1], "code": code}})

    file_out(scene)

    assert companion.expect("failed")["error"] == f"upload failed with status code {code}"
    file_out(scene)
    assert received(sandbox, customer)["kind"] == "IMAGE"


def test_files_outlive_a_restart(scene) -> None:
    sandbox, _, companion, *_ = scene
    message = file_in(scene)

    sandbox.stop()
    sandbox.start()
    companion.expect("Connected")
    companion.order(download=message)

    assert companion.expect("downloaded")["size"] == 100_000


@pytest.fixture
def media_server(running_sandbox) -> Any:
    authority = str(running_sandbox.state_dir / "keys" / "ca.pem")
    with httpx.Client(
        base_url="https://mmg.whatsapp.net",
        proxy=running_sandbox.proxy,
        verify=ssl.create_default_context(cafile=authority),
        trust_env=False,
    ) as client:
        yield client


def test_the_media_server_takes_nothing_from_strangers(media_server) -> None:
    for auth in ("", "nobody", "255741000001.0"):
        answer = media_server.post(f"/mms/image/abc?auth={auth}", content=b"x")
        assert answer.status_code == 401


def test_the_media_server_has_no_other_files(media_server) -> None:
    for path in ("/v/t62.7118-24/..%2F..%2Fstate.sqlite", "/v/x/y", "/", "/keys/ca.pem"):
        assert media_server.get(path).status_code == 404
