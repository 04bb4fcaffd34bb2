"""Yeastar P-Series Open API v1.0, as help.yeastar.com documents it.

Pages of the P-Series developer guide: Get / Refresh / Revoke Access Token, Query
Recording List, Search and Download Recordings, Query Calls, Start / Pause / Resume
Call Recording, Query PBX Information, Monitor Events via WebSocket, (30011) Call State
Changed, (30012) Call End Details, Error Code and Error Message.
"""

from .server import Yeastar

__all__ = ["Yeastar"]
