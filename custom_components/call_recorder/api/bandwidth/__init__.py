"""Bandwidth Catapult (Voice and Messaging API V1)."""

from .client import BandwidthClient

__all__ = ["BandwidthClient"]
