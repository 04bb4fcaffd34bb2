"""A copy of a recording is proved to be right, or there is none."""

import asyncio
from datetime import timedelta
import errno
from hashlib import sha256
import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.archive import export
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.storage import Store
from simulator.bandwidth.identifiers import bandwidth_id
from simulator.calls import Recording
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.entries import set_up


@pytest.fixture
def recording(office: Office, freezer: FrozenDateTimeFactory) -> Recording:
    """Return a recording of a minute."""
    freezer.move_to("2026-06-10 10:00:00+00:00")
    call = office.connect("101")
    recording = office.start_recording(call)
    freezer.tick(timedelta(seconds=60))
    office.hang_up(call)
    return recording


@pytest.fixture
def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return a folder below one that Home Assistant may write to."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    return tmp_path / "recordings"


@pytest.fixture
def audio_bytes(simulator: Simulator, recording: Recording) -> bytes:
    """Return the recording's audio."""
    audio = simulator.imagicle.audio_of(recording)
    return b"".join(audio.read(0, audio.size))


@pytest.fixture
def recording_id(
    simulator: Simulator, recording: Recording, imagicle: MockConfigEntry
) -> str:
    """Return the recording's id, at a recorder that is set up."""
    return simulator.imagicle.id_of(recording)


async def keep(hass: HomeAssistant, recording_id: str, folder: Path) -> dict[str, Any]:
    """Export a recording."""
    answer = await hass.services.async_call(
        "call_recorder",
        "export_recording",
        {"recording_id": recording_id, "path": str(folder)},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    return dict(answer)


def read(path: str) -> bytes:
    """Return what is in a file."""
    return Path(path).read_bytes()


def make_link(path: Path, target: str) -> None:
    """Make a symbolic link."""
    path.symlink_to(target)


def names(folder: Path) -> list[str]:
    """Return what is in a folder, hidden or not."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def modes(folder: Path) -> set[int]:
    """Return the permissions of the files in a folder."""
    return {path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_a_proved_copy(
    hass: HomeAssistant, recording_id: str, folder: Path, audio_bytes: bytes
) -> None:
    """The copy has the recorder's size and hash, a telling name, and a JSON file."""
    answer = await keep(hass, recording_id, folder)
    path = Path(answer["path"])
    assert path.parent == folder
    assert read(answer["path"]) == audio_bytes
    assert answer == {
        "path": str(path),
        "size": len(audio_bytes),
        "sha256": sha256(audio_bytes).hexdigest(),
        "verified": True,
    }
    assert names(folder) == [f"{path.stem}.json", f"{path.stem}.mp3"]
    assert path.stem.startswith("2026-06-10_03-00-00_2026200000000_")
    metadata = json.loads(read(str(path.with_suffix(".json"))))
    assert metadata["id"] == recording_id
    assert metadata["started_at"] == "2026-06-10T10:00:00+00:00"
    assert metadata["duration"] == 60
    assert metadata["remote_number"] == "+15551234"
    assert metadata["export"] == {
        "file": path.name,
        "size": len(audio_bytes),
        "sha256": answer["sha256"],
        "verified": True,
    }


async def test_a_copy_that_is_there(
    hass: HomeAssistant, simulator: Simulator, recording_id: str, folder: Path
) -> None:
    """The same copy again is a success, and costs no download."""
    first = await keep(hass, recording_id, folder)
    assert await keep(hass, recording_id, folder) == first
    assert len(simulator.imagicle.audit_events) == 1
    assert len(names(folder)) == 2


async def test_another_file_of_that_name(
    hass: HomeAssistant, recording_id: str, folder: Path
) -> None:
    """A file that a user put there is not overwritten."""
    path = (await keep(hass, recording_id, folder))["path"]
    os.truncate(path, 4)
    with pytest.raises(ServiceValidationError) as refused:
        await keep(hass, recording_id, folder)
    assert refused.value.translation_key == "file_exists"
    assert read(path) == b"ID3\x04"
    assert len(names(folder)) == 2


@pytest.mark.parametrize(
    "path", ["/etc", "media", "", "/nowhere/at/all", "{}/../..", "{}/a\0b"]
)
async def test_a_folder_that_is_not_allowed(
    hass: HomeAssistant, recording_id: str, folder: Path, path: str
) -> None:
    """Nothing is written where Home Assistant may not."""
    with pytest.raises(ServiceValidationError) as refused:
        await keep(hass, recording_id, Path(path.format(folder)))
    assert refused.value.translation_key == "path_not_allowed"


async def test_a_link_out_of_the_folder(
    hass: HomeAssistant, recording_id: str, folder: Path
) -> None:
    """A link does not lead to where Home Assistant may not write."""
    make_link(folder, "/etc")
    with pytest.raises(ServiceValidationError) as refused:
        await keep(hass, recording_id, folder)
    assert refused.value.translation_key == "path_not_allowed"


async def test_a_new_folder_below_an_allowed_one(
    hass: HomeAssistant, recording_id: str, folder: Path
) -> None:
    """A folder for each year and month is made as it is needed."""
    answer = await keep(hass, recording_id, folder / "2026" / "06")
    assert Path(answer["path"]).parent == folder / "2026" / "06"
    assert len(names(folder / "2026" / "06")) == 2


async def test_what_is_served_without_a_login(
    hass: HomeAssistant, recording_id: str, tmp_path: Path
) -> None:
    """Nothing is kept in `www`, unless the administrator allows just that folder."""
    hass.config.config_dir = str(tmp_path)
    www = tmp_path / "www"
    allowed = hass.config.allowlist_external_dirs = {str(www), str(tmp_path)}
    make_link(tmp_path / "link", str(www))
    for path in (www, www / "public", www / "x" / "y", tmp_path / "link" / "public"):
        with pytest.raises(ServiceValidationError) as refused:
            await keep(hass, recording_id, path)
        assert refused.value.translation_key == "path_not_allowed"
    assert names(www) == []
    allowed.add(str(www / "public"))
    await keep(hass, recording_id, www / "public")
    assert len(names(www / "public")) == 2


@pytest.mark.parametrize("code", [errno.EPERM, errno.EINVAL, errno.ENOTSUP])
@pytest.mark.parametrize("function", ["os.fsync", "pathlib.Path.chmod"])
async def test_a_file_system_that_cannot(
    hass: HomeAssistant, recording_id: str, folder: Path, function: str, code: int
) -> None:
    """Where rights or the sync to the disk are refused (SMB, FAT), the copy is kept."""
    with patch(function, side_effect=OSError(code, os.strerror(code))):
        answer = await keep(hass, recording_id, folder)
    assert answer["verified"] is True
    assert len(names(folder)) == 2


async def test_a_copy_is_not_for_everybody(
    hass: HomeAssistant, recording_id: str, folder: Path
) -> None:
    """Other users of the machine cannot read a recording."""
    await keep(hass, recording_id, folder)
    assert modes(folder) == {0o640}


async def test_what_a_killed_export_leaves(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    imagicle_entry: MockConfigEntry,
    tmp_path: Path,
) -> None:
    """What is half-written is deleted at the next start, and nothing else is."""
    left = tmp_path / ".call_recorder-x1y2z3"
    left.write_bytes(b"half")
    (tmp_path / ".other").write_bytes(b"")
    hass_storage["call_recorder.export_folders"] = {
        "version": 1,
        "key": "call_recorder.export_folders",
        "data": [str(tmp_path / "gone"), str(tmp_path)],
    }
    await set_up(hass, imagicle_entry)
    assert names(tmp_path) == [".other"]


async def test_folders_are_remembered(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    recording_id: str,
    imagicle: MockConfigEntry,
    folder: Path,
) -> None:
    """A folder is known before anything is written to it, until all is removed."""
    with (
        patch.object(export.TemporaryCopy, "write", side_effect=ZeroDivisionError),
        pytest.raises(ZeroDivisionError),
    ):
        await keep(hass, recording_id, folder)
    await keep(hass, recording_id, folder / "2026")
    stored = hass_storage["call_recorder.export_folders"]["data"]
    assert stored == [str(folder), str(folder / "2026")]
    await hass.config_entries.async_remove(imagicle.entry_id)
    assert "call_recorder.export_folders" not in hass_storage


async def test_folders_of_two_recorders(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    office: Office,
    recording: Recording,
    recording_id: str,
    bandwidth: MockConfigEntry,
    folder: Path,
) -> None:
    """Exports of two recorders at once forget neither folder."""

    async def export_from(entry_id: str, recording_id: str) -> None:
        await hass.services.async_call(
            "call_recorder",
            "export_recording",
            {
                "config_entry_id": entry_id,
                "recording_id": recording_id,
                "path": str(folder / entry_id),
            },
            blocking=True,
        )

    save = Store.async_save

    async def save_slowly(self: Store[Any], data: Any) -> None:
        """Save after the other export had time to read what is known."""
        for _ in range(500):
            await asyncio.sleep(0)
        await save(self, data)

    with patch.object(Store, "async_save", save_slowly):
        await asyncio.gather(
            export_from("01IMAGICLE", recording_id),
            export_from(
                "01BANDWIDTH", bandwidth_id(office.seed, "r", recording.number)
            ),
        )
    stored = hass_storage["call_recorder.export_folders"]["data"]
    assert set(stored) == {str(folder / "01IMAGICLE"), str(folder / "01BANDWIDTH")}


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (Fault("drop", path="/Recordings/"), "cannot_connect"),
        (Fault("status", path="/Recordings/", status=404), "recording_not_found"),
        (Fault("login_page", path="/Recordings/"), "unexpected_response"),
    ],
)
async def test_what_the_recorder_fails_at(
    hass: HomeAssistant,
    simulator: Simulator,
    recording_id: str,
    folder: Path,
    fault: Fault,
    key: str,
) -> None:
    """Without a recording there is no copy."""
    simulator.imagicle.faults.add(fault)
    with pytest.raises(HomeAssistantError) as failed:
        await keep(hass, recording_id, folder)
    assert failed.value.translation_key == key
    assert names(folder) == []


async def test_what_arrives_is_something_else(
    hass: HomeAssistant,
    simulator: Simulator,
    recording: Recording,
    recording_id: str,
    folder: Path,
) -> None:
    """What does not have the recorder's hash is not kept."""
    path = f"/Recordings/{recording_id}/Media"
    simulator.imagicle.faults.add(
        Fault("body", path=path, body="noise", content_type="audio/mpeg")
    )
    with pytest.raises(HomeAssistantError) as failed:
        await keep(hass, recording_id, folder)
    assert failed.value.translation_key == "checksum_mismatch"
    assert names(folder) == []


@pytest.mark.parametrize("method", ["write", "sync", "replace"])
@pytest.mark.parametrize("calls_before", [0, 1])
async def test_a_full_disk(
    hass: HomeAssistant,
    recording_id: str,
    folder: Path,
    method: str,
    calls_before: int,
) -> None:
    """Wherever writing fails, nothing half-written is left."""
    calls = 0
    true_method = getattr(export.TemporaryCopy, method)

    def fail(*args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > calls_before:
            raise OSError(errno.ENOSPC, "No space left", "/secret/path")
        true_method(*args)

    with (
        patch.object(export.TemporaryCopy, method, fail),
        pytest.raises(HomeAssistantError) as failed,
    ):
        await keep(hass, recording_id, folder)
    assert failed.value.translation_key == "export_failed"
    assert failed.value.translation_placeholders == {
        "reason": "No space left on device"
    }
    assert names(folder) == []


async def test_many_exports_at_once(
    hass: HomeAssistant, recording_id: str, folder: Path, simulator: Simulator
) -> None:
    """The same recording twice at the same time is one copy."""
    calls = [hass.async_create_task(keep(hass, recording_id, folder)) for _ in range(3)]
    answers = [await call for call in calls]
    assert answers[0] == answers[1] == answers[2]
    assert len(names(folder)) == 2
    assert len(simulator.imagicle.audit_events) == 1
