"""The rules of Home Assistant (hassfest), HACS and the Marketplace that can be checked with a checkout alone.

They are written anew after hassfest, HACS' validation and the Marketplace, because the real ones need GitHub or a checkout
of Home Assistant's core. The workflow `validate.yml` runs the real ones.

One module per subject; its `problems(root)` yields a sentence for each problem of the checkout at `root`.
"""

from pathlib import Path

# Before anything imports voluptuous: Home Assistant replaces it by its own.
import homeassistant  # noqa: F401

DOMAIN = "call_recorder"


def integration(root: Path) -> Path:
    """Return the integration's folder in a checkout."""
    return root / "custom_components" / DOMAIN
