"""Ports of this machine for the programs that a test starts."""

import os
import socket
from itertools import count

_LOWEST, _HIGHEST, _TOGETHER = 10_000, 32_000, 8
"""Below the ports that the system gives to whoever asks for any."""
_places = count(os.getpid() * 211)


def free_ports(number: int) -> list[int]:
    """Up to eight neighbouring ports on which nobody listens, and which this process did not give out lately.

    Tests that run at the same time in other processes begin elsewhere: a port is still free when the program that it
    is for has started.
    """
    for place in _places:
        first = _LOWEST + place * _TOGETHER % (_HIGHEST - _LOWEST)
        if all(_is_free(port) for port in range(first, first + number)):
            return list(range(first, first + number))
    raise AssertionError


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
