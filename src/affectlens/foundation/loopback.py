"""Whether an address is this very machine, which nobody listens to on the way."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a host, as a URL names it, is this machine by a number or by "localhost"."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
