"""Real audio for a recording: a tone that changes every three seconds, so that seeking is heard.

Any range of bytes is computed on demand; the whole is never in memory. Each file
carries its recording's identifier in a tag, so that no two have the same hash.
"""

from abc import ABC, abstractmethod
from base64 import b64decode
from collections.abc import Iterator
from functools import cache, lru_cache
from hashlib import sha256
from math import ceil, pi, sin
import struct

_TONE_SECONDS = 3
_TAG_SIZE = 64


class Audio(ABC):
    """An audio file of known size that is read by ranges of bytes."""

    content_type: str
    size: int

    @abstractmethod
    def block(self, index: int) -> bytes:
        """Return one block of audio; every block is `block_size` bytes long."""

    def __init__(self, header: bytes, blocks: int, block_size: int) -> None:
        """Take the file's header, and the number and size of the blocks behind it."""
        self._header = header
        self._block_size = block_size
        self.size = len(header) + blocks * block_size

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from `start` to before `end`, piece by piece."""
        if start < len(self._header):
            yield self._header[start:end]
        audio_start = max(start - len(self._header), 0)
        audio_end = min(end, self.size) - len(self._header)
        for index in range(
            audio_start // self._block_size, ceil(audio_end / self._block_size)
        ):
            offset = index * self._block_size
            yield self.block(index)[max(audio_start - offset, 0) : audio_end - offset]

    def sha256(self) -> str:
        """Return the hash of the whole file in hexadecimal digits."""
        digest = sha256()
        for piece in self.read(0, self.size):
            digest.update(piece)
        return digest.hexdigest()


class Wav(Audio):
    """8 kHz, 16 bit, mono: what Bandwidth and Yeastar call a .wav."""

    content_type = "audio/wav"
    rate = 8000
    tones = (400, 500, 600, 700, 800, 1000)

    def __init__(self, identifier: str, seconds: float) -> None:
        """Make the header; each block of audio is a tenth of a second."""
        blocks = ceil(seconds * 10)
        size = blocks * self.rate // 10 * 2
        name = identifier.encode().ljust(_TAG_SIZE, b"\0")
        tag = b"INFOINAM" + struct.pack("<I", _TAG_SIZE) + name
        chunks = (
            b"fmt "
            + struct.pack("<IHHIIHH", 16, 1, 1, self.rate, self.rate * 2, 2, 16),
            b"LIST" + struct.pack("<I", len(tag)) + tag,
            b"data" + struct.pack("<I", size),
        )
        body = b"WAVE" + b"".join(chunks)
        header = b"RIFF" + struct.pack("<I", len(body) + size) + body
        super().__init__(header, blocks, self.rate // 10 * 2)

    def block(self, index: int) -> bytes:
        """Return a tenth of a second, which holds whole periods of every tone."""
        return _wav_block(
            self.tones[index // (10 * _TONE_SECONDS) % len(self.tones)], self.rate
        )


class Mp3(Audio):
    """MPEG-2 layer III, 16 kHz, 32 kbit/s, mono: Imagicle's Download Recording."""

    content_type = "audio/mpeg"
    frame_seconds = 576 / 16000

    def __init__(self, identifier: str, seconds: float) -> None:
        """Make the ID3 tag; each block of audio is one frame."""
        text = b"\x03" + identifier.encode().ljust(_TAG_SIZE, b"\0")
        frame = b"TIT2" + struct.pack(">I", len(text)) + b"\0\0" + text
        header = (
            b"ID3\x04\0\0" + bytes((0, 0, len(frame) >> 7, len(frame) & 0x7F)) + frame
        )
        super().__init__(
            header, ceil(seconds / self.frame_seconds), len(_mp3_tones()[0])
        )

    def block(self, index: int) -> bytes:
        """Return one frame of the tone of its time."""
        tones = _mp3_tones()
        return tones[int(index * self.frame_seconds) // _TONE_SECONDS % len(tones)]


@lru_cache(maxsize=10_000)
def mp3_sha256(identifier: str, seconds: float) -> str:
    """Return the hash of a recording's MP3 (Imagicle, Get Recording: hash)."""
    return Mp3(identifier, seconds).sha256()


@cache
def _wav_block(frequency: int, rate: int) -> bytes:
    """Return a tenth of a second of one tone."""
    samples = (
        int(9000 * sin(2 * pi * frequency * n / rate)) for n in range(rate // 10)
    )
    return b"".join(struct.pack("<h", sample) for sample in samples)


@cache
def _mp3_tones() -> tuple[bytes, ...]:
    """Return one frame per tone.

    Each is the steady state of a sine with whole periods in 576 samples (444, 500,
    556, 667, 750 and 889 Hz), encoded with `lame --nores -t --cbr -b 32 -m m --resample 16`:
    without the bit reservoir a frame stands alone and may be repeated.
    """
    return tuple(b64decode(frame).ljust(144, b"\0") for frame in _MP3_FRAMES)


_MP3_FRAMES = (
    (
        "//NIxAANa8oUALgKyP/+Efm0GIceEQdsGCS3+FDv/3/r/1H///T/+P/9f0//j/62///47/v/RXT/"
        "2/p/+lv4UP9sqmIKaimZcYmBgAAA"
    ),
    "//NIxAAJMx4UALgKzH//8I9SIMhUv8YG//////Hf////+ob/////6j//////Cw3//6UxBTUUzLjEwMAA",
    (
        "//NIxAAPVBYUALgLBP/r4RBZAYOL4R99gYn6fq/0b8LH/o3/+jadR/6Dvvb+/6N/Hfx3//bTqO//"
        "1f///0H//4wf+rfjW//+3jHTEFNRTMuMTAwA"
    ),
    (
        "//NIxAAMWqYUALgPYP2evf/wj7FAxbY8IgkQMBPf72V/+h4mD/T/5//9af/1f/+1P/6pT//Lf1/r"
        "/yf27/3piCmopmXGJgYA"
    ),
    "//NIxAAJcrIUALgFRP863//hHhMBkyT//6n//Bjf/+g///oP//8b//0G//8EN/kP9P+1MQU1FMy4xMDA",
    "//NIxAAGUKYUAAXo4PCPiSDHDH8IvQYs/0/6P//////o///0/+RTEFNRTMuMTAwA",
)
