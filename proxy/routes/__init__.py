"""Routes: one policy each, put together in `proxy.serve`.

A route takes a call over with ``send`` and sees to it that its owner hears the reply. A policy that wants to
see the reply first makes a call of its own for the next route and completes the original when that returns.
"""
