"""Bandwidth Catapult v1, as github.com/Bandwidth/ap-docs documents it.

Pages: methods/recordings, methods/calls, methods/media, errors.md,
rateLimits/resourceRateLimits.md.
"""

from .server import Bandwidth

__all__ = ["Bandwidth"]
