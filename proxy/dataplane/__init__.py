"""The data plane: every client and backend socket, driven by one reactor without a single await.

A request's life: `session` reads and parses it, a route (`proxy.routes`) finds its `Link`, the link sends it
and matches the reply, the session writes the replies in the order of the requests.
"""
