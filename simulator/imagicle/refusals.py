"""Imagicle's refusals: a status, and a body with the reason."""

from uuid import UUID

from aiohttp import web


def refused(status: int, reason: int, **details: str | None) -> web.Response:
    """Refuse with a reason body (Start Recording, Error response)."""
    return web.json_response({"reason": reason, **details}, status=status)


def is_guid(text: str) -> bool:
    """Return whether a text is a GUID."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
