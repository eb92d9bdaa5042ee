"""Outrider: a memcached proxy that runs beside one application."""

__version__ = "0.1.0"
