"""Backups: one compressed file with a manifest, whole or not there at all; reading it back trusts nothing in it.

What goes into one and where it is put is the caller's choice.
"""

import base64
import os
import re
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest, sha256
from io import BytesIO
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from shopguard.adapter import Secret
from shopguard.errors import ShopGuardError
from shopguard.private_file import KEYS_FOLDER

FORMAT = 3
KEYS = "keys.json"
_READ = (1, 2, FORMAT)  # before 2, keys.json was the only file of keys; before 3, no file lay in a folder
_MANIFEST, _LOCKED_KEYS = "manifest.json", "keys.locked"
_NAME = re.compile(r"([a-z]{1,20}/)?[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_KEYS_NAME = re.compile(rf"{re.escape(KEYS)}|{KEYS_FOLDER}/[a-z][a-z0-9-]{{0,40}}\.json")
_MAX_SMALL = 1_000_000  # bytes; manifest and keys are a few thousand
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**17, 8, 1  # 128 MiB and a third of a second: OWASP, read 2026-11


class ArchiveRefused(ShopGuardError):
    """The file is damaged, was changed, or is locked under another passphrase: nothing was restored."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive says of itself. ``files`` maps each file's name to its SHA-256 in hexadecimal.

    ``locked_keys`` is the SHA-256 of the encrypted keys, or None if the archive has none.
    """

    format: int
    program: str
    created_at: datetime
    files: Mapping[str, str]
    locked_keys: str | None = None


class _Locked(msgspec.Struct, frozen=True):
    """What is encrypted under the passphrase. The digests let nobody without it exchange one of the files.

    ``keys`` are files by the name each gets, or (format 1) what is in ``keys.json``.
    """

    keys: dict[str, bytes] | bytes
    files: Mapping[str, str]

    @property
    def key_files(self) -> Mapping[str, bytes]:
        return {KEYS: self.keys} if isinstance(self.keys, bytes) else self.keys


def write_archive(
    target: Path,
    files: Mapping[str, Path],
    program: str,
    now: datetime,
    keys: Mapping[str, bytes] | None = None,
    passphrase: Secret | None = None,
) -> Manifest:
    """Write ``files`` (by the name each gets) to ``target``, which appears when it is whole and on the disk.

    Args:
        program: version of the program, for people.
        keys: what is in the files of keys (``keys.json``, ``registry-keys/….json``), by name; only together with
            ``passphrase``, under which they are encrypted.
    """
    digests = {name: _digest(path) for name, path in files.items()}
    locked = None if keys is None or passphrase is None else _lock(_Locked(dict(keys), digests), passphrase)
    manifest = Manifest(FORMAT, program, now, digests, sha256(locked).hexdigest() if locked else None)
    with _appearing(target) as path, tarfile.open(path, "w:gz", compresslevel=1) as archive:
        _add(archive, _MANIFEST, msgspec.json.encode(manifest))
        if locked:
            _add(archive, _LOCKED_KEYS, locked)
        for name, file in files.items():
            archive.add(file, name, recursive=False, filter=_anonymous)
    return manifest


def read_manifest(source: Path) -> Manifest:
    """Return what the archive says of itself; ``ArchiveRefused`` if it is none of ours."""
    with _reading(source) as archive:
        return _manifest(archive, next(iter(archive), None))


def unpack(source: Path, folder: Path, passphrase: Secret | None = None) -> Manifest:
    """Put the files of the archive into the empty ``folder``, the keys too if there is a passphrase.

    The registry's keys come into a folder of their own in it.

    ``ArchiveRefused`` unless every file is there, is the one that was archived, and the passphrase fits; what lies
    in ``folder`` is then of no use.
    """
    with _reading(source) as archive:
        members = iter(archive)
        manifest = _manifest(archive, next(members, None))
        locked = None
        for member in members:
            if member.name == _LOCKED_KEYS and manifest.locked_keys and locked is None:
                locked = _small(archive, member)
            elif member.isreg() and member.name in manifest.files and not (folder / member.name).exists():
                archive.extract(member, folder, filter="data")
            else:
                raise ArchiveRefused(f"{source}: holds something that its manifest does not name")
    _check(source, folder, manifest, locked)
    if locked is not None and passphrase is not None:
        _put_keys(source, folder, manifest, _unlock(source, locked, passphrase))
    return manifest


def _check(source: Path, folder: Path, manifest: Manifest, locked: bytes | None) -> None:
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.exists() or _digest(path) != digest:
            raise ArchiveRefused(f"{source}: {name} is missing or not the one that was archived")
        path.chmod(0o600)
        if path.parent != folder:
            path.parent.chmod(0o700)
    if manifest.locked_keys and (locked is None or sha256(locked).hexdigest() != manifest.locked_keys):
        raise ArchiveRefused(f"{source}: the keys are missing or not those that were archived")


def _put_keys(source: Path, folder: Path, manifest: Manifest, unlocked: _Locked) -> None:
    if dict(unlocked.files) != dict(manifest.files):
        raise ArchiveRefused(f"{source}: the files are not those that were locked together with the keys")
    if not all(_KEYS_NAME.fullmatch(name) for name in unlocked.key_files):
        raise ArchiveRefused(f"{source}: its keys name a file that no backup has")
    for name, content in unlocked.key_files.items():
        path = folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(content)


def _lock(content: _Locked, passphrase: Secret) -> bytes:
    salt = os.urandom(16)
    token = _fernet(passphrase, salt).encrypt(msgspec.json.encode(content))
    return base64.urlsafe_b64encode(salt) + b"." + token


def _unlock(source: Path, locked: bytes, passphrase: Secret) -> _Locked:
    salt, _, token = locked.partition(b".")
    try:
        clear = _fernet(passphrase, base64.urlsafe_b64decode(salt)).decrypt(token)
        return msgspec.json.decode(clear, type=_Locked)
    except (InvalidToken, ValueError, msgspec.ValidationError):
        raise ArchiveRefused(f"{source}: the passphrase does not open its keys") from None


def _fernet(passphrase: Secret, salt: bytes) -> Fernet:
    scrypt = Scrypt(salt, length=32, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P)
    return Fernet(base64.urlsafe_b64encode(scrypt.derive(passphrase.reveal().encode())))


@contextmanager
def _appearing(target: Path) -> Iterator[Path]:
    """Give a path of mode 0600 to write to; afterwards it is flushed to the disk and takes its name."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(descriptor)
    path = Path(name)
    try:
        yield path
        _sync(path)
        path.replace(target)
        _sync(target.parent)
    finally:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _reading(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(source, "r:gz") as archive:
            yield archive
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise ArchiveRefused(f"{source}: cannot be read as a backup ({why})") from None


def _manifest(archive: tarfile.TarFile, member: tarfile.TarInfo | None) -> Manifest:
    if member is None or member.name != _MANIFEST:
        raise ArchiveRefused(f"{archive.name!s}: is no backup of ShopGuard")
    try:
        manifest = msgspec.json.decode(_small(archive, member), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ArchiveRefused(f"{archive.name!s}: its manifest is damaged") from None
    if manifest.format not in _READ:
        raise ArchiveRefused(f"{archive.name!s}: is of format {manifest.format}; restore it with {manifest.program}")
    if not all(_NAME.fullmatch(name) and name not in (KEYS, KEYS_FOLDER) for name in manifest.files):
        raise ArchiveRefused(f"{archive.name!s}: its manifest names a file that no backup has")
    return manifest


def _small(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member) if member.isreg() and member.size <= _MAX_SMALL else None
    if file is None:
        raise ArchiveRefused(f"{archive.name!s}: {member.name} is not what a backup has")
    return file.read()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, BytesIO(content))


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who owns the file here: it means nothing on another machine."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
