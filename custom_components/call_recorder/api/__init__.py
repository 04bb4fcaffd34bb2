"""The recorders' own languages. Knows nothing of Home Assistant."""

from pkgutil import resolve_name
from typing import Final

from .client import RecorderClient

RECORDERS: Final = {
    "imagicle": f"{__name__}.imagicle.client:ImagicleClient",
    "bandwidth": f"{__name__}.bandwidth.client:BandwidthClient",
    "yeastar": f"{__name__}.yeastar.client:YeastarClient",
    "asterisk": f"{__name__}.asterisk.client:AsteriskClient",
}
"""Where the client of each kind of recorder is."""


def client_class(recorder: str) -> type[RecorderClient]:
    """Return the client of a kind of recorder, a key of `RECORDERS`.

    It is imported when it is first asked for, since a home rarely has two kinds.
    """
    client: type[RecorderClient] = resolve_name(RECORDERS[recorder])
    return client
