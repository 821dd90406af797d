"""For phones: the address as a QR code in the terminal, and NAME.local by mDNS; both are in the extra `lan`."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections.abc import Callable

from .origins import host_name, own_addresses


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
