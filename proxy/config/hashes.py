"""Which hashes each distribution lets one choose. A test holds this against the rings themselves."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_COMMON: Final = (
    "one_at_a_time",
    "md5",
    "crc16",
    "crc32",
    "crc32a",
    "fnv1_64",
    "fnv1a_64",
    "fnv1_32",
    "fnv1a_32",
    "hsieh",
    "murmur",
    "jenkins",
)
#: Without an entry a distribution has a hash of its own.
HASHES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "libmemcached-ketama": _COMMON,
        "twemproxy": _COMMON,
        "modula": _COMMON,
        "libmemcached-modula": _COMMON,
        "crc32-mod": ("crc32a", "crc32", "crc32_nonzero"),
        "pymemcache": ("murmur3_32", "murmur3_32_repr"),
    }
)
