"""What MixMonitor writes: file names as FreePBX makes them, and WAV with a plain header."""

from datetime import tzinfo
from math import ceil
import struct

from simulator.audio import Audio, Wav
from simulator.calls import Call, Recording

SPOOL = "/var/spool/asterisk"
MONITOR_FOLDER = f"{SPOOL}/recording/monitor/"
"""`MIXMON_DIR` of a FreePBX that records where ARI looks."""
HEADER_SIZE = 44


class MixMonitorWav(Wav):
    """8 kHz, 16 bit, mono, behind a header of 44 bytes."""

    def __init__(self, seconds: float) -> None:
        """Make the header; each block of audio is a tenth of a second."""
        blocks, block_size = ceil(seconds * 10), self.rate // 10 * 2
        size = blocks * block_size
        header = _header(self.rate, HEADER_SIZE - 8 + size, size)
        Audio.__init__(self, header, blocks, block_size)


class Unfinished(Audio):
    """A file that is still being written, or never was finished: without lengths."""

    content_type = "audio/wav"

    def __init__(self) -> None:
        """Be a header only: what was said is not on the disk yet."""
        super().__init__(_header(Wav.rate, 0, 0), 0, 1)

    def block(self, index: int) -> bytes:
        """Return nothing: there are no blocks."""
        return b""


def _header(rate: int, length: int, size: int) -> bytes:
    """Return a WAV header with the length of what follows, and that of the audio."""
    form = struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * 2, 2, 16)
    return (
        struct.pack("<4sI8s", b"RIFF", length, b"WAVEfmt ")
        + form
        + struct.pack("<4sI", b"data", size)
    )


def unique_id(call: Call, leg: int) -> str:
    """Return the `Uniqueid` of a call's leg: the second it started, and a running number."""
    return f"{int(call.started_at.timestamp())}.{2 * call.number + leg}"


def call_number(unique_id_text: str) -> int:
    """Return the running number of the call that a `Uniqueid` is of; ValueError if none."""
    return int(unique_id_text.rpartition(".")[2]) // 2


def monitor_path(recording: Recording, zone: tzinfo) -> str:
    """Return the path, without ending, of a recording that the dialplan started."""
    call, local = recording.call, recording.started_at.astimezone(zone)
    kind = {"incoming": "in", "outgoing": "out"}.get(call.direction, call.direction)
    parties = [call.line.number, call.remote_number]
    if kind != "in":
        parties.reverse()
    return (
        f"{MONITOR_FOLDER}{local:%Y/%m/%d}/{kind}-{'-'.join(parties)}-"
        f"{local:%Y%m%d-%H%M%S}-{unique_id(call, 0)}"
    )
