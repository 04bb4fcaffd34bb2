"""Checks this checkout by all rules."""

from pathlib import Path
import sys

from . import descriptions, icons, manifest, quality_scale, repository, translations

GROUPS = {
    "manifest": manifest.problems,
    "translations": translations.problems,
    "icons": icons.problems,
    "services, triggers and conditions": descriptions.problems,
    "quality scale": quality_scale.problems,
    "repository": repository.problems,
}


def main(root: Path) -> int:
    """Print every problem and return the exit code."""
    found = 0
    for group, problems in GROUPS.items():
        for problem in problems(root):
            print(f"{group}: {problem}")
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
