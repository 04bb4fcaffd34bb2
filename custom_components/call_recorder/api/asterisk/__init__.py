"""Asterisk, plain or inside FreePBX and its relatives."""

from .client import AsteriskClient

__all__ = ["AsteriskClient"]
