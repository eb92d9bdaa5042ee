"""The memcached text protocol, sans-IO: bytes in, values out."""
