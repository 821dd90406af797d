"""Which hosts and origins may ask: a page of another site, or a name that points here from elsewhere, may not.

`Host` must be an address or name of this machine with the right port, which ends DNS rebinding. `Origin`, which every
browser sends with a websocket, must be that host; programs send none.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origins:
    """What this server is called. `names`: host names and addresses, in lower case, IPv6 in brackets."""

    scheme: str  # http or https
    port: int
    names: frozenset[str]

    def allows_host(self, hosts: Sequence[str], reached: str = "") -> bool:
        """Whether a request names this machine, exactly once. `reached`: the address that it came to.

        That one may be younger than `names`, after another network was joined. A name that points here from elsewhere
        is never that address.
        """
        return len(hosts) == 1 and self._is_ours(hosts[0], reached)

    def _is_ours(self, host: str, reached: str) -> bool:
        name, port = host.strip().lower(), ""
        if not name.endswith("]") and ":" in name:
            name, _, port = name.rpartition(":")
        ports = {str(self.port)} | ({""} if self.port == USUAL_PORTS[self.scheme] else set())
        names = self.names | ({f"[{reached}]" if ":" in reached else reached} if reached else set())
        return port in ports and name in names

    def allows_origin(self, origins: Sequence[str], host: str) -> bool:
        """Whether a request comes from our own page, or from no page at all."""
        if not origins:
            return True
        return len(origins) == 1 and origins[0].strip().lower() == f"{self.scheme}://{host.strip().lower()}"


def own_names(lan: bool) -> frozenset[str]:
    """What this machine is called: on loopback, and with `lan` from elsewhere."""
    names = set(LOOPBACK_NAMES)
    if lan:
        name = host_name()
        names |= {name, f"{name}.local"} if name else set()
        names |= {f"[{address}]" if ":" in address else address for address in own_addresses()}
    return frozenset(names)


def host_name() -> str:
    """The name of this machine, without a domain; empty where it has none that could be one."""
    name = socket.gethostname().split(".")[0].lower()
    return name if name and all(c.isalnum() or c == "-" for c in name) and name.isascii() else ""


def own_addresses() -> list[str]:
    """The addresses under which others reach this machine, the most likely first."""
    found: dict[str, None] = {}
    for family, elsewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as way:  # nothing is sent: the system only chooses a way
                way.connect((elsewhere, 9))
                found[way.getsockname()[0]] = None
        except OSError:
            continue
    try:
        for _, _, _, _, address in socket.getaddrinfo(socket.gethostname(), None):
            found[str(address[0]).partition("%")[0]] = None
    except OSError:
        pass
    return [address for address in found if not is_loopback(address)]


def is_loopback(address: str) -> bool:
    """Whether somebody on this machine asks."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback
