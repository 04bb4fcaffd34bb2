"""The address of a recorder, as a person pastes it."""

from typing import Any

import pytest

from custom_components.call_recorder.api import client_class

_SETTINGS: dict[str, dict[str, Any]] = {
    "imagicle": {"username": "ann", "password": "secret"},
    "bandwidth": {"user_id": "u-1", "api_token": "t", "api_secret": "s"},
    "yeastar": {"client_id": "c", "client_secret": "s"},
}


def _settings(recorder: str, url: str) -> dict[str, Any]:
    """Return the form's fields."""
    return {**_SETTINGS[recorder], "url": url}


@pytest.mark.parametrize("recorder", _SETTINGS)
@pytest.mark.parametrize("prefix", ["", "/pbx", "/a/b"])
def test_the_path_of_a_proxy_is_kept(recorder: str, prefix: str) -> None:
    """What stands before the API's own path belongs to the address of every recorder."""
    client = client_class(recorder)
    address = f"https://proxy.example{prefix}"
    ids = set()
    for pasted in (
        address,
        f"{address}/",
        f"{address}{client.api_path}",
        f"{address}{client.api_path}/x?y#z",
    ):
        settings = client.normalize(_settings(recorder, pasted))
        assert settings["url"] == address
        ids.add(client.unique_id(settings))
        ids.add(client.unique_id(_settings(recorder, pasted)))
    assert len(ids) == 1
    other = client.unique_id(_settings(recorder, "https://proxy.example/other"))
    assert other not in ids


@pytest.mark.parametrize("recorder", _SETTINGS)
@pytest.mark.parametrize(
    "url",
    [
        "http://[",
        "https://[]@",
        "http://a..b",
        f"http://{'\u00fc' * 70}",
        "ftp://pbx.example",
        "pbx.example",
        " ",
    ],
)
def test_what_is_no_address(recorder: str, url: str) -> None:
    """It is refused by every recorder."""
    client = client_class(recorder)
    with pytest.raises(ValueError):
        client.normalize(_settings(recorder, url))
