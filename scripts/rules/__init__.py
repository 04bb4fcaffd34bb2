"""The rules of Home Assistant (hassfest), HACS and the Marketplace, as far as a checkout alone can be held against them.

They were read in hassfest, in HACS' validation and in Home Assistant's Marketplace, and written anew: the real ones need a
checkout of Home Assistant's core or GitHub. The workflow `validate.yml` runs those.

A module each; `problems(root)` yields a sentence for each thing that is wrong with the checkout at `root`.
"""

from pathlib import Path

# Before anything imports voluptuous: Home Assistant puts its own in that place.
import homeassistant  # noqa: F401

DOMAIN = "call_recorder"


def integration(root: Path) -> Path:
    """Return the integration's folder in a checkout."""
    return root / "custom_components" / DOMAIN
