"""Yeastar P-Series."""

from enum import StrEnum


class RecordedCalls(StrEnum):
    """Which calls the PBX's own rules record, as the user has set it."""

    ALL = "all"
    EXTENSIONS = "extensions"
    STARTED_HERE = "started_here"
