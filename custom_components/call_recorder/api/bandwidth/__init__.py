"""Bandwidth Catapult (Voice and Messaging API V1)."""

from typing import Final

DEFAULT_URL: Final = "https://api.catapult.inetwork.com"
