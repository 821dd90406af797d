"""Where a page is served: port and TLS; for phones the address as a QR code, and NAME.local by mDNS (extra `lan`)."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RigError
from .origins import host_name, own_addresses

if TYPE_CHECKING:
    import ssl

PORT, PORTS = 8117, 10  # the usual one, and how many are tried
BACKLOG = 32


class PageError(RigError):
    """A page that cannot be served."""


@dataclass(frozen=True, slots=True)
class PageOptions:
    """How it is served. `port` None: the usual one or the next that is free. `lan`: for others in the network, too."""

    port: int | None = None
    lan: bool = False
    certificate: Path | None = None
    key: Path | None = None


def lan_hosts() -> list[str]:
    """What others in the network call this machine: by number, the most likely first, and by name."""
    names = [address for address in own_addresses() if ":" not in address]
    return names + ([f"{host_name()}.local"] if host_name() else [])


def listen(options: PageOptions) -> socket.socket:
    """Listen on the port that was named, or on the first free one. Raises PageError."""
    host = "0.0.0.0" if options.lan else "127.0.0.1"
    ports = range(PORT, PORT + PORTS) if options.port is None else (options.port,)
    problem = ""
    for port in ports:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
            listening.listen(BACKLOG)
            listening.setblocking(False)
            return listening
        except (OSError, OverflowError) as error:
            listening.close()
            problem = getattr(error, "strerror", None) or str(error)
    if options.port is not None:
        raise PageError(f"Port {options.port} cannot be used for the page ({problem}); name another with --page-port.")
    raise PageError(f"The ports {ports[0]} to {ports[-1]} are all taken; name another one with --page-port.")


def tls_of(options: PageOptions) -> ssl.SSLContext | None:
    """TLS with that certificate; None: none was named. Raises PageError."""
    if (options.certificate is None) != (options.key is None):
        raise PageError("--certificate and --key belong together: name both files.")
    if options.certificate is None:
        return None
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    names = f"{options.certificate.name} and {options.key and options.key.name}"
    try:
        context.load_cert_chain(options.certificate, options.key, password=lambda: b"")  # the terminal plays
    except ssl.SSLError as error:
        raise PageError(f"{names} are no certificate with its key, in PEM and without a pass phrase.") from error
    except (OSError, ValueError) as error:
        raise PageError(f"{names} cannot be read ({getattr(error, 'strerror', None) or error}).") from error
    return context


# ---------------------------------------------------------------- phones
def qr_code(address: str) -> str | None:
    """The address for a camera, in block characters; None: segno is not installed."""
    try:
        import segno
    except ImportError:
        return None
    out = io.StringIO()
    segno.make(address, error="l", micro=False).terminal(out=out, compact=True, border=2)
    return out.getvalue().rstrip("\n")


def announced(port: int, scheme: str) -> Callable[[], None] | None:
    """Answer to NAME.local from now on; what ends it. None: zeroconf is not installed, or there is no network."""
    try:
        from zeroconf import ServiceInfo, Zeroconf
    except ImportError:
        return None
    name, addresses = host_name(), [a for a in own_addresses() if ":" not in a]
    if not name or not addresses:
        return None
    is_over = threading.Event()

    def answer() -> None:
        with contextlib.suppress(Exception):  # a network without multicast: the address by number does
            service = "_https._tcp.local." if scheme == "https" else "_http._tcp.local."
            told = ServiceInfo(
                service,
                f"rig on {name}-{port}.{service}",
                addresses=[socket.inet_aton(address) for address in addresses],
                port=port,
                server=f"{name}.local.",
            )
            with Zeroconf() as answering:
                answering.register_service(told, allow_name_change=True)
                is_over.wait()
                answering.unregister_service(told)

    thread = threading.Thread(target=answer, name="rig name", daemon=True)  # it asks around first, for a second
    thread.start()

    def end() -> None:
        is_over.set()
        thread.join(1.0)

    return end
