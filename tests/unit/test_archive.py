"""Backup files: what was put in comes out, and nothing else ever does."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from shopguard.adapter import Secret
from shopguard.storage.archive import ArchiveRefused, read_manifest, unpack, write_archive

NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
WORD = Secret("a good passphrase")
KEYS = b'{"encryption": []}'
PRF = b'{"seeds": {}}'
KEY_FILES = {"keys.json": KEYS, "registry-keys/prf.json": PRF}
FILES = {"guard.db": b"guard" * 10_000, "config.yaml": b"shops: {}\n"}


def write(folder: Path, keys: Mapping[str, bytes] | None = None, passphrase: Secret | None = None) -> Path:
    sources = {}
    for name, content in FILES.items():
        sources[name] = folder / f"source-{name}"
        sources[name].write_bytes(content)
    target = folder / "backup.tar.gz"
    write_archive(target, sources, "0.1", NOW, keys, passphrase)
    return target


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive without keys."""
    return write(tmp_path)


@pytest.fixture(scope="session")
def with_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose keys are locked under ``WORD``."""
    return write(tmp_path_factory.mktemp("archive"), KEY_FILES, WORD)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


Members = list[tuple[tarfile.TarInfo, bytes]]


def members(archive: Path) -> Members:
    with tarfile.open(archive) as opened:
        return [(member, opened.extractfile(member).read()) for member in opened]  # type: ignore[union-attr]


def rewritten(archive: Path, into: Path, change: Callable[[Members], Members]) -> Path:
    """Return a copy of ``archive`` with other members."""
    path = into.parent / "changed.tar.gz"
    with tarfile.open(path, "w:gz") as opened:
        for member, content in change(members(archive)):
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return path


def with_content(name: str, content: bytes) -> Callable[[Members], Members]:
    return lambda found: [(member, content if member.name == name else old) for member, old in found]


def with_manifest(change: Callable[[dict[str, Any]], object]) -> Callable[[Members], Members]:
    def changed(found: Members) -> Members:
        manifest = json.loads(found[0][1])
        change(manifest)
        return [(found[0][0], json.dumps(manifest).encode()), *found[1:]]

    return changed


def plus(name: str, **fields: Any) -> Callable[[Members], Members]:
    def changed(found: Members) -> Members:
        member = tarfile.TarInfo(name)
        for key, value in fields.items():
            setattr(member, key, value)
        return [*found, (member, b"" if fields else b"more")]

    return changed


def test_what_was_put_in_comes_out(archive: Path, into: Path) -> None:
    manifest = unpack(archive, into)
    assert {path.name: path.read_bytes() for path in into.iterdir()} == FILES
    assert manifest.files == {name: sha256(content).hexdigest() for name, content in FILES.items()}
    assert (manifest.program, manifest.created_at, manifest.locked_keys) == ("0.1", NOW, None)
    assert read_manifest(archive) == manifest


def test_nobody_else_may_read_the_archive_or_what_comes_out(archive: Path, into: Path) -> None:
    unpack(archive, into)
    assert {path.stat().st_mode & 0o777 for path in (archive, *into.iterdir())} == {0o600}


def test_the_keys_come_out_with_the_passphrase(with_keys: Path, into: Path) -> None:
    unpack(with_keys, into, WORD)
    for name, content in KEY_FILES.items():
        assert (into / name).read_bytes() == content
        assert (into / name).stat().st_mode & 0o777 == 0o600
    assert (into / "registry-keys").stat().st_mode & 0o777 == 0o700


def test_the_keys_are_nowhere_in_clear(with_keys: Path) -> None:
    clear = gzip.decompress(with_keys.read_bytes())
    for name, content in KEY_FILES.items():
        assert content not in clear
        assert name not in read_manifest(with_keys).files


def test_another_passphrase_is_refused_and_gives_no_keys(with_keys: Path, into: Path) -> None:
    with pytest.raises(ArchiveRefused, match="passphrase"):
        unpack(with_keys, into, Secret("another passphrase"))
    assert not (into / "keys.json").exists()


def test_the_passphrase_is_in_no_message(with_keys: Path, into: Path) -> None:
    with pytest.raises(ArchiveRefused) as refused:
        unpack(with_keys, into, Secret("another passphrase"))
    assert "another passphrase" not in str(refused.value)


def test_an_archive_of_the_first_format_is_still_read(into: Path) -> None:
    source = Path(__file__).parent / "data" / "backup-format-1.tar.gz"
    assert unpack(source, into, WORD).format == 1
    assert (into / "keys.json").read_bytes() == KEYS
    assert (into / "guard.db").read_bytes() == b"guard" * 10
    assert not (into / "registry-keys").exists()


@pytest.mark.parametrize(
    "name", ["../outside.json", "registry-keys/../outside.json", "/tmp/outside.json", "guard.db"]
)
def test_keys_go_nowhere_but_to_their_places(tmp_path: Path, into: Path, name: str) -> None:
    forged = write(tmp_path, {"keys.json": KEYS, name: b"{}"}, WORD)
    with pytest.raises(ArchiveRefused, match="keys name a file"):
        unpack(forged, into, WORD)
    assert not (into / "keys.json").exists()
    assert not (tmp_path / "outside.json").exists()


def test_keys_without_a_passphrase_stay_locked(with_keys: Path, into: Path) -> None:
    unpack(with_keys, into)
    assert {path.name for path in into.iterdir()} == set(FILES)


@pytest.mark.parametrize(
    "change",
    [
        with_content("guard.db", b"other"),
        with_content("manifest.json", b"{}"),
        with_content("manifest.json", b"no JSON"),
        with_manifest(lambda manifest: manifest.update(format=4)),
        with_manifest(lambda manifest: manifest["files"].pop("guard.db")),
        with_manifest(lambda manifest: manifest["files"].update({"more.db": "00"})),
        with_manifest(lambda manifest: manifest["files"].update({"../more.db": "00"})),
        with_manifest(lambda manifest: manifest["files"].update({"keys.json": "00"})),
        with_manifest(lambda manifest: manifest["files"].update({"registry-keys": "00"})),
        with_manifest(lambda manifest: manifest["files"].update({"registry-keys/prf.json": "00"})),
        with_manifest(lambda manifest: manifest.update(locked_keys="00")),
        lambda found: found[:-1],
        lambda found: found[1:],
        lambda found: [found[1], found[0], found[2]],
        lambda found: [*found, found[-1]],
        lambda found: [],
        plus("more.db"),
        plus("../outside"),
        plus("/tmp/outside"),
        plus("folder", type=tarfile.DIRTYPE),
        plus("link", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        plus("keys.json"),
        plus("keys.locked"),
    ],
)
def test_a_changed_archive_is_refused(archive: Path, into: Path, change: Callable[[Members], Members]) -> None:
    changed = rewritten(archive, into, change)
    before = {path.name for path in into.parent.iterdir()}
    with pytest.raises(ArchiveRefused):
        unpack(changed, into)
    assert {path.name for path in into.parent.iterdir()} == before
    assert not (into / "keys.json").exists()


def test_a_link_in_place_of_a_file_is_refused(archive: Path, into: Path) -> None:
    def linked(found: Members) -> Members:
        member = found[1][0]
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        return [found[0], (member, b""), found[2]]

    with pytest.raises(ArchiveRefused):
        unpack(rewritten(archive, into, linked), into)


def test_a_file_exchanged_together_with_its_digest_does_not_fit_the_locked_keys(with_keys: Path, into: Path) -> None:
    other = sha256(b"other").hexdigest()

    def exchange(found: Members) -> Members:
        return with_manifest(lambda manifest: manifest["files"].update({"guard.db": other}))(
            with_content("guard.db", b"other")(found)
        )

    with pytest.raises(ArchiveRefused, match="locked together"):
        unpack(rewritten(with_keys, into, exchange), into, WORD)
    assert not (into / "keys.json").exists()


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9])
def test_a_cut_archive_is_refused(archive: Path, into: Path, share: float) -> None:
    cut, whole = into.parent / "cut.tar.gz", archive.read_bytes()
    cut.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ArchiveRefused):
        unpack(cut, into)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    for path in tmp_path / "text", tmp_path / "missing", tmp_path:
        with pytest.raises(ArchiveRefused, match=path.name):
            read_manifest(path)


def test_a_backup_that_fails_leaves_the_earlier_one(archive: Path, tmp_path: Path) -> None:
    before = archive.read_bytes()

    class Gone(type(tmp_path)):  # type: ignore[misc]
        """A file that disappears after it was looked at."""

        def open(self, *args: Any, **kwargs: Any) -> Any:
            opened = super().open(*args, **kwargs)
            self.unlink()
            return opened

    source = Gone(tmp_path / "source")
    source.write_bytes(b"a")
    with pytest.raises(OSError, match="source"):
        write_archive(archive, {"guard.db": source}, "0.2", NOW)
    assert archive.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "tar.gz" in path.name] == ["backup.tar.gz"]
