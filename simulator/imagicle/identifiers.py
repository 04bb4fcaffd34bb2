"""Imagicle's GUIDs (Get Recording: id)."""

from uuid import UUID

from simulator.identifiers import digest, scramble, unscramble


def guid(seed: int, number: int) -> str:
    """Return the GUID of the recording with a running number."""
    return str(
        UUID(bytes=digest(seed, "guid", number, 10) + scramble(number), version=4)
    )


def number_of_guid(seed: int, identifier: str) -> int | None:
    """Return the running number behind a GUID, None if no recording has it."""
    number = unscramble(UUID(identifier).bytes[-6:])
    return number if UUID(guid(seed, number)) == UUID(identifier) else None
