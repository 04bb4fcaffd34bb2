"""Yeastar P-Series."""

from .client import YeastarClient

__all__ = ["YeastarClient"]
