"""The embedded item store: memcached's items, limits and commands inside this process, sans-IO.

Three things are kept apart: what a command means (`store`), who is evicted (`policy`, one file each) and what
an item costs (`allocator`, one file each). `shelf` puts the last two together under one memory limit;
`executor` answers requests of the text protocol out of a `Store`.
"""
