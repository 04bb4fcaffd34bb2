"""Imagicle Call Recording's REST API, as kbp.imagicle.com documents it.

Pages: Start Recording (533), Stop Recording (534), Get Recording (536), Download
Recording (540), Get Active Recordings (615), Get Recordings List (628), and the
newer ucxcr/start-a-recording, ucxcr/stop-a-recording, ucxcr/pause-resume-recording.
"""

from .server import Imagicle
from .users import AuditEvent, User

__all__ = ["AuditEvent", "Imagicle", "User"]
