"""The recorders' own languages. Knows nothing of Home Assistant."""

from collections.abc import Mapping
from typing import Final

from .asterisk import AsteriskClient
from .bandwidth import BandwidthClient
from .client import RecorderClient
from .imagicle import ImagicleClient
from .yeastar import YeastarClient

RECORDERS: Final[Mapping[str, type[RecorderClient]]] = {
    "imagicle": ImagicleClient,
    "bandwidth": BandwidthClient,
    "yeastar": YeastarClient,
    "asterisk": AsteriskClient,
}
"""The client of each kind of recorder."""
