"""Error codes and messages (developer guide, Error Code and Error Message)."""

from typing import Any

MESSAGES = {
    0: "SUCCESS",
    1: "PARTIAL SUCCESS",
    2: "PROCESSING",
    -1: "FAILURE",
    -2: "INTERNAL SERVER ERROR",
    10001: "INTERFACE NOT EXISTED",
    10002: "API VERSION OUT OF MAINTENANCE",
    10003: "API VERSION UNSUPPORTED",
    10004: "TOKEN EXPIRED",
    10005: "ACCESS DENIED",
    10009: "OPERATION FAILED",
    40001: "PARAMETER SYNTAX ERROR",
    40002: "PARAMETER ERROR",
    60001: "DATA NOT FOUND",
    60002: "MAX LIMITATION EXCEEDED",
    70004: "ACCOUNT IP BLOCKED",
    70087: "IP FORBIDDEN",
    70123: "API UNAVAILABLE",
    70130: "CHANNEL ID NOT FOUND",
    70132: "OPERATION NOT SUPPORTED",
}


class YeastarError(Exception):
    """An error code other than 0; it is sent with HTTP status 200."""

    def __init__(self, code: int, **details: Any) -> None:
        """Take the code and the further fields of the answer."""
        super().__init__(MESSAGES.get(code, "FAILURE"))
        self.code = code
        self.details = details


def parameter_error(name: str, value: str | None) -> YeastarError:
    """Return 40002 with the wrong parameter."""
    wrong = {"value": f"{name}={value}", "validation_type": name}
    return YeastarError(40002, invalid_param_list=[wrong])


def not_json(body: str) -> YeastarError:
    """Return what a P560 answers to a form instead of JSON."""
    first = body[:1]
    text = (
        f"invalid character '{first}' looking for beginning of value"
        if first
        else "EOF"
    )
    return YeastarError(-2, invalid_param_list=[{"value": text}])
