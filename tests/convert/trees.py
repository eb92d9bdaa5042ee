"""Pieces of mcrouter's configurations."""

#: Pools of one server, which no hash matters to.
POOLS = """
  "pools": {
    "A": { "servers": ["10.0.0.1:11211"] },
    "B": { "servers": ["10.0.0.2:11211"] },
    "C": { "servers": ["10.0.0.3:11211"] },
  },
"""


def route(text: str) -> str:
    return f'{{{POOLS} "route": {text} }}'


def all_route(kind: str, *children: str) -> str:
    listed = ", ".join(child if child.startswith("{") else f'"PoolRoute|{child}"' for child in children)
    return f'{{"type": "{kind}", "children": [{listed}]}}'
