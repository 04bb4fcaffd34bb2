"""Imagicle Call Recording (UCX Suite)."""

from .client import ImagicleClient

__all__ = ["ImagicleClient"]
