"""Discovery: the servers of a pool as DNS or a cluster's endpoint tells them, while they come and go."""

from proxy.discovery.members import Member
from proxy.discovery.resolver import Resolver, open_resolver
from proxy.discovery.watcher import OnChange, Settings, Watch, WatchStatistics, watch

__all__ = [
    "Member",
    "OnChange",
    "Resolver",
    "Settings",
    "Watch",
    "WatchStatistics",
    "open_resolver",
    "watch",
]
