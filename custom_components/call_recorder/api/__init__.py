"""The recorders' own languages. Knows nothing of Home Assistant."""

from collections.abc import Mapping
from types import MappingProxyType

from .client import RecorderClient
from .imagicle import ImagicleClient

RECORDERS: Mapping[str, type[RecorderClient]] = MappingProxyType(
    {
        "imagicle": ImagicleClient,
    }
)
