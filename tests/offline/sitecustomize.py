"""No test reaches beyond this machine: every Python that the tests start refuses any address but the machine's own.

Found by Python itself, as `sitecustomize`, on the path that tests/conftest.py sets. What was tried is written down, so
that a refusal which a program swallows fails the tests all the same.
"""

import ipaddress
import os
import socket

TRIED = os.environ.get("FJ_TESTS_REACHED_OUT", "")


def refuse(address: object) -> None:
    """Stop at an address that is not this machine's own."""
    if not isinstance(address, tuple) or not address:
        return
    host = str(address[0]).partition("%")[0]
    try:
        own = host in ("", "localhost") or ipaddress.ip_address(host).is_loopback or host in ("0.0.0.0", "::")
    except ValueError:
        own = False
    if not own:
        if TRIED:
            with open(TRIED, "a", encoding="utf-8") as out:
                out.write(f"{host}\n")
        raise ConnectionRefusedError("the tests reach no other machine")


def guard(name: str) -> None:
    """Put a look at the address before one of a socket's own verbs."""
    plain = getattr(socket.socket, name)

    def watched(self: socket.socket, *given: object) -> object:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            # sendto and sendmsg have the address last, and a connected one's sendmsg has none.
            refuse(given[0] if name.startswith("connect") else given[-1])
        return plain(self, *given)

    setattr(socket.socket, name, watched)


for verb in ("connect", "connect_ex", "sendto", "sendmsg"):
    if hasattr(socket.socket, verb):
        guard(verb)

plain_lookup = socket.getaddrinfo


def lookup(host: object, *given: object, **more: object) -> object:
    """A name is looked up only where it is this machine's own."""
    if host not in (None, "", b""):
        name = host.decode() if isinstance(host, bytes) else str(host)
        if name not in ("localhost", socket.gethostname()):
            refuse((name,))
    return plain_lookup(host, *given, **more)


socket.getaddrinfo = lookup  # type: ignore[assignment]
