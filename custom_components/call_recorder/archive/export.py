"""Keeps a copy of a recording that is proved to be right, or no copy at all.

What a killed Home Assistant leaves half-written is deleted at the next start.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
import errno
from hashlib import file_digest, sha256
import json
import mimetypes
import os
from pathlib import Path
import re
import tempfile
import time
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..api.client import RecorderClient
from ..api.errors import ErrorKey, RefusedError
from ..api.models import Recording, RecordingState
from ..const import DOMAIN

_PREFIX: Final = ".call_recorder-"
"""Prefix of the name of a file that is not complete."""
_MODE: Final = 0o640
"""Recordings are not for every user of the machine."""
_REFUSED: Final = {
    errno.EACCES,
    errno.EINVAL,
    errno.ENOSYS,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.EPERM,
}
"""Errors of file systems (SMB, FAT) that cannot do something at all."""
_FOLDERS: Final[HassKey[_Folders]] = HassKey(f"{DOMAIN}_export_folders")
_MOST_FOLDERS: Final = 100
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9-]+")
_LONGEST_NAME: Final = 60
_SUFFIXES: Final = {
    "audio/mpeg": ".mp3",
    "audio/mp3": ".mp3",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/wave": ".wav",
    "audio/vnd.wave": ".wav",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A copy that was kept."""

    path: str
    size: int
    sha256: str
    verified: bool | None
    """Whether the recorder's own hash was compared; `None` where it has none."""


class _Folders:
    """The folders that something half-written may be left in, across restarts."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Name the file."""
        self._hass = hass
        self._store: Store[list[str]] = Store(hass, 1, f"{DOMAIN}.export_folders")
        self._lock = asyncio.Lock()

    async def load(self) -> list[str]:
        """Return the folders, those that were added last at the end."""
        return await self._store.async_load() or []

    async def add(self, folder: str) -> None:
        """Add a folder; nothing is saved once the last recorder is removed."""
        async with self._lock:
            known = await self.load()
            if folder not in known and self._hass.config_entries.async_entries(DOMAIN):
                await self._store.async_save([*known, folder][-_MOST_FOLDERS:])

    async def forget(self) -> None:
        """Delete the file."""
        async with self._lock:
            await self._store.async_remove()


async def async_setup_exports(hass: HomeAssistant) -> None:
    """Delete what exports left half-written that were killed."""
    hass.data[_FOLDERS] = _Folders(hass)
    folders, now = await hass.data[_FOLDERS].load(), time.time()

    async def _sweep_folders() -> None:
        """Go through the folders. Some may be on a network that hangs."""
        await hass.async_add_executor_job(_sweep, folders, now)

    hass.async_create_background_task(_sweep_folders(), f"{DOMAIN} sweep")


async def async_forget_exports(hass: HomeAssistant) -> None:
    """Drop the list of folders in which copies were kept."""
    await hass.data[_FOLDERS].forget()


async def async_export(
    hass: HomeAssistant,
    client: RecorderClient,
    recording: Recording,
    metadata: Mapping[str, Any],
    folder: str,
) -> Export:
    """Copy a recording and what is known of it into a folder.

    Raises `RecorderError` and `HomeAssistantError`; then nothing is left behind.
    """
    raise_if_not_playable(recording)
    add_job = hass.async_add_executor_job
    try:
        resolved = await add_job(_prepare_folder, hass, folder)
        await hass.data[_FOLDERS].add(str(resolved))
        stem = _stem(recording)
        export = await add_job(_find_copy, resolved, stem, recording)
        if export is not None:
            await add_job(_keep, None, export, metadata)
            return export
        async with client.download(recording.id) as audio:
            copy = await add_job(TemporaryCopy, resolved)
            try:
                async for chunk in audio.chunks:
                    await add_job(copy.write, chunk)
                export = Export(
                    path=str(resolved / f"{stem}{_suffix(audio.content_type)}"),
                    size=copy.size,
                    sha256=copy.digest.hexdigest(),
                    verified=None if recording.sha256 is None else True,
                )
                _verify(recording, export)
                await add_job(_keep, copy, export, metadata)
            finally:
                await add_job(copy.discard)
    except OSError as err:
        # Without its text, which holds the path.
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=ErrorKey.EXPORT_FAILED,
            translation_placeholders={"reason": os.strerror(err.errno or 0)},
        ) from err
    return export


def raise_if_not_playable(recording: Recording) -> None:
    """Raise `RefusedError` while there is nothing to play or to keep."""
    if recording.state is RecordingState.SAVING:
        raise RefusedError(ErrorKey.RECORDING_SAVING)
    if recording.state is RecordingState.ERROR:
        raise RefusedError(ErrorKey.RECORDING_FAILED)


def _verify(recording: Recording, export: Export) -> None:
    """Raise `HomeAssistantError` if size or hash are not what the recorder reports."""
    if recording.size not in (None, 0, export.size) or recording.sha256 not in (
        None,
        export.sha256,
    ):
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key=ErrorKey.CHECKSUM_MISMATCH
        )


class TemporaryCopy:
    """A temporary file that is renamed when complete.

    All methods block: run them in the executor.
    """

    def __init__(self, folder: Path) -> None:
        """Create the file in its final folder, so that renaming moves nothing."""
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=folder)
        self._path: Path | None = Path(name)
        self._file = os.fdopen(descriptor, "wb")
        self.size = 0
        self.digest = sha256()

    def write(self, chunk: bytes) -> None:
        """Add a piece."""
        self._file.write(chunk)
        self.digest.update(chunk)
        self.size += len(chunk)

    def sync(self) -> None:
        """Bring everything to the disk, as far as the file system can."""
        self._file.flush()
        with _unless_refused():
            os.fsync(self._file.fileno())

    def replace(self, target: Path) -> None:
        """Give the file its name, in one step."""
        if self._path is not None:
            with _unless_refused():
                self._path.chmod(_MODE)
            self._path.replace(target)
            self._path = None

    def discard(self) -> None:
        """Delete the file unless it was renamed."""
        with suppress(OSError):
            self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)


@contextmanager
def _unless_refused() -> Iterator[None]:
    """Go on where the file system cannot do something; raise all other errors."""
    try:
        yield
    except OSError as err:
        if err.errno not in _REFUSED:
            raise


def _prepare_folder(hass: HomeAssistant, folder: str) -> Path:
    """Return the folder, made if need be, when copies may be kept there. Blocks."""
    path = Path(folder)
    # Resolved first: what is checked is then what is written to.
    resolved = path if "\0" in folder else path.resolve()
    if "\0" in folder or not path.is_absolute() or not _is_allowed(hass, resolved):
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key=ErrorKey.PATH_NOT_ALLOWED
        )
    resolved.mkdir(parents=True, exist_ok=True)
    return resolved


def _is_allowed(hass: HomeAssistant, folder: Path) -> bool:
    """Return whether copies may be kept in a folder. Blocks.

    Home Assistant always allows `www`, which it serves without a login. So that has
    to be allowed by a folder of its own there.
    """
    www = Path(hass.config.path("www")).resolve()
    if not folder.is_relative_to(www):
        return hass.config.is_allowed_path(str(folder))
    named = {Path(path).resolve() for path in hass.config.allowlist_external_dirs}
    below_www = {path for path in named - {www} if path.is_relative_to(www)}
    return any(map(folder.is_relative_to, below_www))


def _sweep(folders: list[str], before: float) -> None:
    """Delete what was half-written in folders before a time (Unix). Blocks."""
    for folder in folders:
        with suppress(OSError):
            for path in Path(folder).glob(f"{_PREFIX}*"):
                if path.stat().st_mtime < before:
                    path.unlink(missing_ok=True)


def _stem(recording: Recording) -> str:
    """Build the file name from start and reference number, never from people's data."""
    number = recording.reference_number or recording.id
    # Two ids may look alike once they are safe, and a number may be used twice.
    mark = sha256(recording.id.encode()).hexdigest()[:8]
    parts = [_UNSAFE.sub("-", number)[:_LONGEST_NAME].strip("-"), mark]
    if recording.started_at is not None:
        start = dt_util.as_local(recording.started_at)
        parts.insert(0, start.strftime("%Y-%m-%d_%H-%M-%S"))
    return "_".join(filter(None, parts))


def _suffix(content_type: str) -> str:
    """Return how a file of this kind ends."""
    return (
        _SUFFIXES.get(content_type)
        or mimetypes.guess_extension(content_type)
        or ".audio"
    )


def _find_copy(folder: Path, stem: str, recording: Recording) -> Export | None:
    """Return an earlier copy that has the recorder's hash. Blocks."""
    if recording.sha256 is None:
        return None
    for suffix in sorted(set(_SUFFIXES.values())):
        path = folder / f"{stem}{suffix}"
        if path.is_file() and _hash(path) == recording.sha256:
            return Export(
                path=str(path),
                size=path.stat().st_size,
                sha256=recording.sha256,
                verified=True,
            )
    return None


def _keep(
    copy: TemporaryCopy | None, export: Export, metadata: Mapping[str, Any]
) -> None:
    """Name the audio and write its metadata beside it: both or neither. Blocks.

    Without `copy` the audio is there already.
    """
    target = Path(export.path)
    if copy is not None and target.exists():
        if _hash(target) != export.sha256:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key=ErrorKey.FILE_EXISTS
            )
        copy = None
    facts = {"file": target.name, **asdict(export)}
    del facts["path"]
    sidecar = TemporaryCopy(target.parent)
    try:
        text = json.dumps({**metadata, "export": facts}, indent=2, ensure_ascii=False)
        sidecar.write(text.encode())
        sidecar.sync()
        if copy is not None:
            copy.sync()
            copy.replace(target)
        try:
            sidecar.replace(target.with_suffix(".json"))
        except OSError:
            if copy is not None:
                target.unlink()
            raise
    finally:
        sidecar.discard()
    _sync_folder(target.parent)


def _hash(path: Path) -> str:
    """Return the SHA-256 of a file. Blocks."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk too, where the system can do that. Blocks."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
