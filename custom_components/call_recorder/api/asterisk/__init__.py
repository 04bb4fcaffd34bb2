"""Asterisk, plain or inside FreePBX and its relatives."""

from typing import Final

DEFAULT_PORT: Final = 5038
"""Of the Asterisk Manager Interface."""
