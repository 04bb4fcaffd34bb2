"""The simulated Asterisk: its manager interface (AMI) and its REST interface (ARI)."""

from .server import Asterisk

__all__ = ["Asterisk"]
