"""What an operator can set about the API itself."""

import msgspec


class ApiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`request_limit` in bytes of a body (imports are streamed and exempt); `rate_limit` per API key, as flask-limiter
    writes it.
    """

    request_limit: int = 2_000_000
    rate_limit: str = "30000 per minute"
