"""What a loaded recorder consists of: the type of its entry and its runtime data."""

import asyncio
from dataclasses import dataclass, field

from homeassistant.config_entries import ConfigEntry

from .archive.coordinator import ArchiveCoordinator
from .archive.playback import Playbacks
from .coordinator import LiveCoordinator
from .line_watch import LineWatch

type CallRecorderConfigEntry = ConfigEntry[CallRecorderData]


@dataclass(kw_only=True)
class CallRecorderData:
    """The runtime data of a recorder's entry."""

    live: LiveCoordinator
    archive: ArchiveCoordinator
    playbacks: Playbacks
    watches: dict[str, LineWatch]
    """The watch of each line (by its subentry's id) that has one."""
    export_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held during an export, so that a night's export leaves the recorder free."""
