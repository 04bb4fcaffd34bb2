"""File names of recordings: what FreePBX's show, and how ours are made.

Source: FreePBX's module callrecording, whose names are
`<kind>-<dest>-<source>-<YYYYMMDD>-<HHMMSS>-<Uniqueid>`.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo
import hashlib
import re
from typing import Final

from ..models import Direction
from ..parsing import as_id, as_text
from .channels import time_of

_NAME: Final = re.compile(
    r"(?P<kind>[a-z]+)-(?P<dest>.*)-(?P<source>[^-]*)-\d{8}-\d{6}-"
    r"(?P<unique_id>(?:[^/]*-)?\d{9,11}\.\d+)"
)
_INCOMING: Final = frozenset({"in", "external", "q", "rg"})
_UNSAFE: Final = re.compile(r"[^0-9A-Za-z+*#]")
_ARCHIVE: Final = "/recording/"
"""The only folder that ARI shows: `recording` in Asterisk's spool folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameFacts:
    """What a file's name shows; `None` is what it does not."""

    started_at: datetime | None = None
    direction: Direction | None = None
    local_number: str | None = None
    remote_number: str | None = None
    call_id: str | None = None


def archive_name(path: str, spool: str | None) -> str:
    """Return how ARI calls a file, from its path without the ending.

    Without the spool folder, the first folder of the right name is taken for it.
    """
    if spool is not None and path.startswith(folder := f"{spool}{_ARCHIVE}"):
        return path.removeprefix(folder)
    return path.partition(_ARCHIVE)[2] or path


def recording_id(name: str) -> str:
    """Return an id without personal data: names hold telephone numbers."""
    return hashlib.sha256(name.encode(errors="replace")).hexdigest()[:24]


def parse_name(name: str) -> NameFacts:
    """Read what a name in the archive shows."""
    match = _NAME.fullmatch(name.rpartition("/")[2])
    if match is None:
        return NameFacts()
    kind, dest, source = match["kind"], as_text(match["dest"]), as_text(match["source"])
    direction = Direction.UNKNOWN
    local, remote = dest, source
    if kind in _INCOMING:
        direction = Direction.INCOMING
    elif kind in ("out", "internal"):
        direction = Direction.OUTGOING if kind == "out" else Direction.INTERNAL
        local, remote = source, dest
    elif kind == "ondemand":
        local, remote = source, dest
    return NameFacts(
        started_at=time_of(match["unique_id"]),
        direction=direction,
        local_number=local,
        remote_number=remote,
        call_id=as_id(match["unique_id"]),
    )


def make_path(
    folder: str,
    *,
    local: str | None,
    remote: str | None,
    unique_id: str,
    now: datetime,
    time_zone: tzinfo,
) -> str:
    """Return a path, without ending, at which FreePBX finds a recording too.

    FreePBX reads the folder of the day off the fourth part of the name, so no other
    part may hold a dash.
    """
    parts = [_UNSAFE.sub("", part or "") or "unknown" for part in (remote, local)]
    local_now = now.astimezone(time_zone)
    return (
        f"{folder.rstrip('/')}/{local_now:%Y/%m/%d}/ondemand-{'-'.join(parts)}-"
        f"{local_now:%Y%m%d-%H%M%S}-{unique_id.replace('/', '')}"
    )
