"""A release is refused when something is missing, and what is installed from it is whole."""

from importlib import import_module
import io
import json
from pathlib import Path
import re
import shutil
import subprocess
from typing import Any

import pytest

from custom_components.call_recorder.const import DOMAIN
from homeassistant import components
from homeassistant.util.yaml import load_yaml_dict
from scripts.rules.release import main, notes, problems, version

pytestmark = pytest.mark.skipif(
    not (Path(components.__path__[0]) / "marketplace").is_dir(),
    reason="The rules are those of the newest Home Assistant",
)

ROOT = Path(__file__).parents[1]


def git(root: Path, *arguments: str) -> bytes:
    """Run git in a checkout and return what it says."""
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True).stdout  # noqa: S603


def commit(root: Path) -> None:
    """Commit everything."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "Test")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout of its own, whose changelog has the version's section."""
    listing = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard")
    for name in listing.decode().splitlines():
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    heading = f"## [{version(tmp_path)}] - 2026-11-28"
    changes = (tmp_path / "CHANGELOG.md").read_text()
    if heading not in changes:
        changes = changes.replace("## [Unreleased]", heading)
        (tmp_path / "CHANGELOG.md").write_text(changes)
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def test_it_can_be_released(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing stands in the way of a checkout that is complete."""
    assert main(["--check", "--tag", f"v{version(checkout)}"], checkout) == 0
    assert "can be released" in capsys.readouterr().out


def test_notes(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The notes are the section of the version, and nothing of another one."""
    path = checkout / "CHANGELOG.md"
    path.write_text(f"{path.read_text()}\n## [0.0.1] - 2026-01-01\n\n- Older.\n")
    assert main(["--notes"], checkout) == 0
    printed = capsys.readouterr().out
    assert "### Added" in printed
    assert "## [" not in printed
    assert "Older" not in printed


def test_wrong_tag(checkout: Path) -> None:
    """The tag has to be the version."""
    assert list(problems(checkout, "v99.0.0")) == [
        f"the tag is v99.0.0, and the manifest has version {version(checkout)}"
    ]


def test_no_notes(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The changelog has to say what is new."""
    changes = checkout / "CHANGELOG.md"
    changes.write_text(
        re.sub(r"^## \[\d.*$", "", changes.read_text(), flags=re.MULTILINE)
    )
    commit(checkout)
    assert notes(checkout) is None
    assert main(["--notes"], checkout) == 1
    capsys.readouterr()
    assert main(["--check"], checkout) == 1
    assert "no section" in capsys.readouterr().out


def test_uncommitted_change(checkout: Path) -> None:
    """What is not committed would not be released."""
    (checkout / "README.md").write_text("Changed")
    assert "there are changes that are not committed" in list(problems(checkout))


def test_broken_rule(checkout: Path) -> None:
    """A release keeps the rules of Home Assistant, HACS and the Marketplace."""
    (checkout / "LICENSE").unlink()
    commit(checkout)
    assert "repository: LICENSE is missing" in list(problems(checkout))


def test_incomplete_archive(checkout: Path) -> None:
    """Nothing of the integration is left out of the archive."""
    attributes = checkout / ".gitattributes"
    attributes.write_text(f"{attributes.read_text()}\ntranslations export-ignore\n")
    commit(checkout)
    found = list(problems(checkout))
    assert f"the archive lacks custom_components/{DOMAIN}/translations/en.json" in found


def test_large_archive(checkout: Path) -> None:
    """Nothing that only developers need is in the archive."""
    (checkout / "laboratory").mkdir()
    (checkout / "laboratory" / "notes.py").write_text("")
    commit(checkout)
    assert list(problems(checkout)) == [
        "the archive has laboratory/notes.py, which only developers need"
    ]


def test_marketplace_installs_it(checkout: Path, tmp_path: Path) -> None:
    """Home Assistant's own Marketplace takes the whole integration out of the archive."""
    base = import_module("homeassistant.components.marketplace.repositories.base")
    content = git(
        checkout, "archive", "--format=zip", "--prefix=call-recorder-1/", "HEAD"
    )
    archive = base.RepositoryArchive(io.BytesIO(content).getvalue())
    remote = f"custom_components/{DOMAIN}"
    target = tmp_path / "installed" / DOMAIN
    target.mkdir(parents=True)
    archive.extract_directory(remote, str(target))
    installed = {
        path.relative_to(target) for path in target.rglob("*") if path.is_file()
    }
    tracked = git(checkout, "ls-files", remote).decode().splitlines()
    assert installed == {Path(name).relative_to(remote) for name in tracked}
    manifest = json.loads((target / "manifest.json").read_text())
    assert manifest["version"] == version(checkout)


# --- The workflow ---

WORKFLOWS = ROOT / ".github" / "workflows"


def workflow(name: str) -> dict[Any, Any]:
    """Return a workflow. YAML takes the key `on` for a truth."""
    content = load_yaml_dict(str(WORKFLOWS / f"{name}.yml"))
    content["on"] = content.pop(True, None) or content.get("on")
    return content


def test_release_waits_for_all_checks() -> None:
    """A release is published when the other workflows have passed, each of them."""
    jobs = workflow("release")["jobs"]
    others = {path.stem for path in WORKFLOWS.glob("*.yml")} - {"release"}
    assert set(jobs["release"]["needs"]) == others
    for name in others:
        assert jobs[name]["uses"] == f"./.github/workflows/{name}.yml"
        assert "workflow_call" in workflow(name)["on"]


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.yml")), ids=lambda p: p.stem)
def test_workflow_is_careful(path: Path) -> None:
    """Foreign actions are pinned by their hash, and no job may more than it needs."""
    content = workflow(path.stem)
    assert content["permissions"] == {}
    used = re.findall(r"uses: ([^.\s]\S*)", path.read_text())
    assert not [action for action in used if not re.search(r"@[0-9a-f]{40}$", action)]
    # A called workflow has the caller's name: the same group would cancel the other.
    assert "github.workflow" not in path.read_text()
