"""HTTP to addresses that came from outside: no private address, no redirect, no proxy, a certificate that is right.

A browser's push subscription names a host, and whoever makes up a subscription could name one of ours. So each name is
resolved here, every address that it has is looked at, and the connection goes to an address that was looked at: a name
that resolves otherwise a moment later gains nothing.
"""

import ipaddress
import socket
from collections.abc import Iterable

import httpcore2
import httpx2

# Parts of the IPv6 space that carry an IPv4 address in them (RFC 6052, RFC 3056, RFC 4380).
_TUNNELS = [ipaddress.ip_network(one) for one in ("64:ff9b::/32", "2002::/16", "2001::/32")]


class Private(httpcore2.ConnectError):
    """The name leads into a network that is not the public one."""


def is_public(address: str) -> bool:
    """Whether an IP address is of the public network, also where it hides in another."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    tunnelled = isinstance(ip, ipaddress.IPv6Address) and any(ip in network for network in _TUNNELS)
    return ip.is_global and not ip.is_multicast and not tunnelled


class _Looking(httpcore2.SyncBackend):
    """Connects only to what it has looked at."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to a public address of the host; raises Private where it has another."""
        addresses = _resolved(host, port)
        if not addresses or not all(is_public(address) for address in addresses):
            raise Private(f"{host} is not an address on the public network")
        return super().connect_tcp(addresses[0], port, timeout, local_address, socket_options)


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(str(error)) from error
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class _Transport(httpx2.HTTPTransport):
    """The usual transport over connections that are looked at."""

    def __init__(self) -> None:
        super().__init__()
        self._pool.close()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(), keepalive_expiry=5.0, network_backend=_Looking()
        )


def client(timeout: float, *, private: bool = False) -> httpx2.Client:
    """A client that follows no redirect; with `private`, it may go where the operator's own network is."""
    transport = None if private else _Transport()
    return httpx2.Client(timeout=timeout, follow_redirects=False, trust_env=False, transport=transport)


def is_private(error: Exception) -> bool:
    """Whether a connection failed because the address is private."""
    return isinstance(error.__cause__, Private)


def is_certificate(error: Exception) -> bool:
    """Whether a connection failed because the other side's certificate is wrong."""
    return isinstance(error, httpx2.ConnectError) and "certificate" in str(error).lower()
