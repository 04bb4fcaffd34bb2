"""Tones that show who was recorded: made for a call, measured in a recording."""

from array import array
import io
import math
from typing import Final
import wave

RATE: Final = 8000
"""Samples per second of a telephone."""
CALLER: Final = 440
"""Hz that a caller sends."""
ANSWERING: Final = 1000
"""Hz that a phone that answers sends."""

_BIAS: Final = 0x84
_AMPLITUDE: Final = 8000


def make_tone(frequency: int) -> bytes:
    """Return a second of a tone in u-law (ITU-T G.711), which can be repeated."""
    return bytes(
        _encode(round(_AMPLITUDE * math.sin(2 * math.pi * frequency * index / RATE)))
        for index in range(RATE)
    )


def _encode(sample: int) -> int:
    """Encode one sample of 16 bits in u-law."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + _BIAS
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> (exponent + 3) & 0x0F) & 0xFF


def strength(audio: bytes, frequency: int) -> float:
    """Return how strong a tone is in a WAV file: 0 without it, about 1 when sent alone.

    By the Goertzel algorithm, over the loudest second of the file.
    """
    with wave.open(io.BytesIO(audio)) as file:
        assert (file.getframerate(), file.getsampwidth()) == (RATE, 2)
        samples = array("h", file.readframes(file.getnframes()))
    seconds = [samples[at : at + RATE] for at in range(0, len(samples), RATE // 2)]
    return max(_goertzel(second, frequency) for second in seconds if len(second) > 0)


def _goertzel(samples: array[int], frequency: int) -> float:
    """Return the amplitude of a frequency, as a share of what `make_tone` makes."""
    coefficient = 2 * math.cos(2 * math.pi * frequency / RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    power = last**2 + before**2 - coefficient * last * before
    return 2 * math.sqrt(max(power, 0.0)) / len(samples) / _AMPLITUDE
