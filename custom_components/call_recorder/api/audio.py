"""A recording's audio, and which kind it is.

Recorders name the kind in many ways, wrongly, or not at all: the first bytes decide.
What gets into a browser is one of the types below, and never a page or a script.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from .errors import UnexpectedResponseError

HEAD_SIZE: Final = 12
"""Bytes that show which kind it is."""

_WAV: Final = "audio/wav"
_MP3: Final = "audio/mpeg"
_AAC: Final = "audio/aac"
_MP4: Final = "audio/mp4"
_OGG: Final = "audio/ogg"
_TYPES: Final = {
    "audio/aac": _AAC,
    "audio/amr": "audio/amr",
    "audio/basic": "audio/basic",
    "audio/flac": "audio/flac",
    "audio/gsm": "audio/gsm",
    "audio/mp3": _MP3,
    "audio/mp4": _MP4,
    "audio/mpeg": _MP3,
    "audio/mpeg3": _MP3,
    "audio/mpg": _MP3,
    "audio/ogg": _OGG,
    "audio/opus": _OGG,
    "audio/vnd.wav": _WAV,
    "audio/vnd.wave": _WAV,
    "audio/wav": _WAV,
    "audio/wave": _WAV,
    "audio/webm": "audio/webm",
    "audio/x-aac": _AAC,
    "audio/x-flac": "audio/flac",
    "audio/x-gsm": "audio/gsm",
    "audio/x-m4a": _MP4,
    "audio/x-mp3": _MP3,
    "audio/x-mpeg": _MP3,
    "audio/x-pn-wav": _WAV,
    "audio/x-wav": _WAV,
}
_PAGES: Final = ("html", "javascript", "json", "xml")
"""Ends of the types that are never audio, whatever the bytes look like."""
_NAME_TYPES: Final = {"mp3": _MP3, "wav": _WAV, "wave": _WAV, "ogg": _OGG, "m4a": _MP4}
_MPEG_SYNC: Final = 0xE0
_MPEG_LAYER: Final = 0x06


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioDownload:
    """The audio of a recording, on its way."""

    content_type: str
    """One of `audio/*`."""
    size: int | None
    """Bytes, where it is known before they come."""
    chunks: AsyncIterator[bytes]
    """Raises `CannotConnectError` when the rest is lost: an end is the end."""


def audio_type(declared: str, head: bytes) -> str:
    """Return the type of audio whose first bytes are given.

    Raises `UnexpectedResponseError` for a page or data, and for what is no audio by its
    first bytes and is not declared as a known kind.
    """
    if declared.endswith(_PAGES):
        raise UnexpectedResponseError("no audio")
    if (found := _type_of_head(head) or _TYPES.get(declared)) is None:
        raise UnexpectedResponseError("no audio")
    return found


def audio_type_of_name(name: str | None) -> str | None:
    """Return the type of audio that a file's name means, if it means one."""
    return _NAME_TYPES.get((name or "").rpartition(".")[2].casefold())


def _type_of_head(head: bytes) -> str | None:
    """Return the type that the first bytes of a file mean."""
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return _WAV
    if head[4:8] == b"ftyp":
        return _MP4
    for magic, found in (
        (b"ID3", _MP3),
        (b"OggS", _OGG),
        (b"fLaC", "audio/flac"),
        (b"#!AMR", "audio/amr"),
        (b".snd", "audio/basic"),
    ):
        if head.startswith(magic):
            return found
    if len(head) > 1 and head[0] == 0xFF and head[1] & _MPEG_SYNC == _MPEG_SYNC:
        # A frame of MPEG audio: layers I to III, or none, which is AAC.
        return _MP3 if head[1] & _MPEG_LAYER else _AAC
    return None
