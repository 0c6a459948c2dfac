"""Files: sealed and opened, made up, kept, and where they are found."""

import asyncio
import os
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from sandbox.media.addresses import (
    direct_path,
    file_name,
    is_pass_of,
    recipient_of,
    upload_pass,
)
from sandbox.media.files import MediaFiles
from sandbox.media.samples import make_sample
from sandbox.media.sealing import UnopenableFileError, open_sealed, purpose_of, seal
from sandbox.people.person import make_person
from shared.enums import MessageKind
from shared.errors import SettingsError

CONTENT = b"picha" * 100
PHONE = make_person(number="255741000001", lid="100000000000001", name="Duka")


class TestSealing:
    @pytest.mark.parametrize("size", [0, 1, 15, 16, 1000])
    def test_what_was_sealed_is_opened(self, size: int) -> None:
        stored, described = seal(bytes(size), purpose_of(MessageKind.IMAGE))

        assert open_sealed(stored, described, purpose_of(MessageKind.IMAGE)) == bytes(size)
        assert (described.size, described.sha256) == (size, sha256(bytes(size)).digest())

    def test_a_sticker_is_sealed_as_a_picture_and_a_voice_message_as_a_sound(self) -> None:
        stored, described = seal(CONTENT, purpose_of(MessageKind.STICKER))
        assert open_sealed(stored, described, purpose_of(MessageKind.IMAGE)) == CONTENT

        stored, described = seal(CONTENT, purpose_of(MessageKind.VOICE))
        assert open_sealed(stored, described, purpose_of(MessageKind.AUDIO)) == CONTENT

    def test_another_kind_has_another_key(self) -> None:
        stored, described = seal(CONTENT, purpose_of(MessageKind.IMAGE))

        with pytest.raises(UnopenableFileError, match="key for its kind"):
            open_sealed(stored, described, purpose_of(MessageKind.VIDEO))

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"sealed_sha256": bytes(32)}, "stored file's hash"),
            ({"key": bytes(32)}, "key for its kind"),
            ({"sha256": bytes(32)}, "opened file's hash"),
            ({"size": 3}, "says 3 bytes, the file has 500"),
        ],
    )
    def test_each_promise_of_the_message_is_checked(self, change: dict, problem: str) -> None:
        stored, described = seal(CONTENT, purpose_of(MessageKind.IMAGE))

        with pytest.raises(UnopenableFileError, match=problem):
            open_sealed(
                stored, msgspec.structs.replace(described, **change), purpose_of(MessageKind.IMAGE)
            )

    @pytest.mark.parametrize("stored", [b"", b"short", bytes(10)])
    def test_what_is_too_short_to_be_a_file_is_refused(self, stored: bytes) -> None:
        _, described = seal(CONTENT, purpose_of(MessageKind.IMAGE))
        described = msgspec.structs.replace(described, sealed_sha256=sha256(stored).digest())

        with pytest.raises(UnopenableFileError):
            open_sealed(stored, described, purpose_of(MessageKind.IMAGE))


class TestSamples:
    @pytest.mark.parametrize("size", [1, 5, 100, 70_000])
    def test_they_have_the_size_that_was_asked_for(self, size: int) -> None:
        assert len(make_sample("image/jpeg", size=size, seed=0)) == size

    def test_they_are_the_same_for_the_same_seed_only(self) -> None:
        def make(seed: int) -> bytes:
            return make_sample("image/jpeg", size=100, seed=seed)

        assert make(1) == make(1) != make(2)

    @pytest.mark.parametrize(
        ("mime_type", "beginning"),
        [
            ("image/jpeg", b"\xff\xd8\xff"),
            ("audio/ogg; codecs=opus", b"OggS"),
            ("application/pdf", b"%PDF-"),
        ],
    )
    def test_they_begin_as_their_type_does(self, mime_type: str, beginning: bytes) -> None:
        assert make_sample(mime_type, size=100, seed=0).startswith(beginning)


class TestFiles:
    @pytest.fixture
    def files(self, tmp_path: Path) -> MediaFiles:
        return MediaFiles(tmp_path / "media", most_bytes=25)

    async def test_a_file_outlives_a_restart(self, files: MediaFiles, tmp_path: Path) -> None:
        name = await files.put(b"sealed")

        again = await asyncio.to_thread(MediaFiles, tmp_path / "media")
        assert await again.find(name) == b"sealed"

    async def test_the_oldest_make_room(self, files: MediaFiles, tmp_path: Path) -> None:
        names = [await files.put(bytes((n,)) * 10) for n in range(3)]

        assert [await files.find(name) is not None for name in names] == [False, True, True]
        kept = await asyncio.to_thread(os.listdir, tmp_path / "media")
        assert sorted(kept) == sorted(names[1:])

    async def test_one_that_comes_again_is_young_again(self, files: MediaFiles) -> None:
        first, second = [await files.put(bytes((n,)) * 10) for n in range(2)]
        await files.put(bytes(10))  # the first, once more
        await files.put(bytes((9,)) * 10)

        assert await files.find(first) is not None
        assert await files.find(second) is None

    async def test_one_that_somebody_removed_is_not_found(
        self, files: MediaFiles, tmp_path: Path
    ) -> None:
        name = await files.put(b"sealed")
        await asyncio.to_thread((tmp_path / "media" / name).unlink)

        assert await files.find(name) is None

    def test_what_is_no_directory_is_a_clear_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()

        with pytest.raises(SettingsError, match="files in"):
            MediaFiles(tmp_path / "file")

    @pytest.mark.usefixtures("files")
    def test_nobody_else_may_look(self, tmp_path: Path) -> None:
        assert (tmp_path / "media").stat().st_mode & 0o777 == 0o700


class TestAddresses:
    def test_a_path_names_file_and_recipient(self) -> None:
        path = direct_path("abc", recipient="255741000001")

        assert file_name(path) == "abc"
        assert recipient_of(path.partition("?")[2]) == "255741000001"
        assert recipient_of(direct_path("abc").partition("?")[2]) == ""

    @pytest.mark.parametrize("path", ["", "/", "https://example.com/", "/v/x/../../etc"])
    def test_a_path_of_somebody_else_names_some_text(self, path: str) -> None:
        assert "/" not in file_name(path)

    def test_a_pass_is_one_phones(self) -> None:
        other = make_person(number=PHONE.number, lid=PHONE.lid, name=PHONE.name)

        assert is_pass_of(PHONE, upload_pass(PHONE))
        assert not is_pass_of(other, upload_pass(PHONE))
        assert not is_pass_of(PHONE, "é")
