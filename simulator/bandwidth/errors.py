"""Catapult's errors: a status, and a body with category, code and message (errors.md)."""

from aiohttp import web

_CATEGORIES = {
    400: "bad-request",
    401: "authorization",
    403: "forbidden",
    404: "not-found",
    409: "conflict",
    503: "unavailable",
}


class CatapultError(Exception):
    """A refused request."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Take what errors.md lists; the category follows from the status."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.category = _CATEGORIES[status]

    def response(self) -> web.Response:
        """Return the answer with the error body."""
        body = {
            "category": self.category,
            "code": self.code,
            "message": str(self),
            "details": [],
        }
        return web.json_response(body, status=self.status)


class BadCredentialsError(CatapultError):
    """401 for an unknown token or a wrong secret; its code is not documented."""

    def __init__(self) -> None:
        """Use the category that errors.md gives for wrong credentials."""
        super().__init__(401, "credentials-invalid", "The credentials are not valid")
        self.category = "authentication"


def rate_limit_reached(
    request: web.Request, reset: int, with_header: bool
) -> web.Response:
    """Return resourceRateLimits.md's sample: no message, the reset in Unix milliseconds."""
    details = {
        "rateLimitResetTime": str(reset),
        "requestMethod": request.method,
        "remoteAddress": "0:0:0:0:0:0:0:1",
        "requestPath": request.path.removeprefix("/v1/"),
    }
    return web.json_response(
        {
            "category": "too-many-requests",
            "code": "rate-limit-reached",
            "details": [
                {"name": name, "value": value} for name, value in details.items()
            ],
        },
        status=429,
        headers={"X-RateLimit-Reset": str(reset)} if with_header else None,
    )
