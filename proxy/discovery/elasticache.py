"""The source ``elasticache+``: the configuration endpoint of an ElastiCache or Memorystore cluster."""

from typing import Final, final

import trio

from proxy.config import TcpAddress
from proxy.discovery.answers import LOOK_UP_TIMEOUT, Answer, DiscoveryError
from proxy.discovery.cluster import ASK, Configuration, read_configuration

_READ_SIZE: Final = 16384


@final
class ElastiCacheSource:
    """``elasticache+host:port``: asks the endpoint over a new connection each time.

    The endpoint's host is resolved each time too, by the system. Nodes of one cluster learn of a change one after
    the other: a configuration older than one seen before is refused, so that the membership never goes back.

    :param timeout: s; to connect, ask and read
    """

    __slots__ = ("_address", "_timeout", "_version")

    def __init__(self, address: TcpAddress, timeout: float = LOOK_UP_TIMEOUT) -> None:
        self._address = address
        self._timeout = timeout
        self._version = -1

    async def ask(self) -> Answer:
        try:
            with trio.fail_after(self._timeout):
                configuration = await self._get_configuration()
        except trio.TooSlowError:
            raise DiscoveryError(f"{self._address}: no answer within {self._timeout:g} s") from None
        except (OSError, UnicodeError, trio.BrokenResourceError) as error:
            raise DiscoveryError(f"{self._address}: {_reason(error)}") from error
        if configuration.version < self._version:
            raise DiscoveryError(
                f"{self._address}: configuration version {configuration.version} is older than {self._version}"
            )
        self._version = configuration.version
        return Answer(configuration.members)

    async def _get_configuration(self) -> Configuration:
        stream = await trio.open_tcp_stream(self._address.host, self._address.port)
        async with stream:
            await stream.send_all(ASK)
            reply = bytearray()
            while True:
                received = await stream.receive_some(_READ_SIZE)
                reply += received
                try:
                    configuration = read_configuration(reply)
                except DiscoveryError as error:
                    raise DiscoveryError(f"{self._address}: {error}") from error
                if configuration is not None:
                    return configuration
                if not received:
                    raise DiscoveryError(f"{self._address}: closed after {len(reply)} bytes of the reply")


def _reason(error: BaseException) -> str:
    """The innermost cause: trio wraps the errors of several addresses."""
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
