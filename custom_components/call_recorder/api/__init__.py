"""The recorders' own languages. Knows nothing of Home Assistant."""

from collections.abc import Mapping
from types import MappingProxyType

from .bandwidth import BandwidthClient
from .client import RecorderClient
from .imagicle import ImagicleClient
from .yeastar import YeastarClient

RECORDERS: Mapping[str, type[RecorderClient]] = MappingProxyType(
    {
        "imagicle": ImagicleClient,
        "bandwidth": BandwidthClient,
        "yeastar": YeastarClient,
    }
)
