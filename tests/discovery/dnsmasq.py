"""A real dnsmasq on loopback, with the zones that our own name server takes."""

import shutil
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from proxy.config import TcpAddress
from tests.discovery.nameserver import Zone
from tests.servers import MissingServerError, Process, free_port, wait_until

LOCAL_TTL = 7  # s; of records that dnsmasq gives no lives of their own


class Dnsmasq(Process):
    """Answers for ``test.`` and refuses the rest. The TTL of SRV and CNAME records is LOCAL_TTL."""

    def __init__(self, zone: Zone, port: int | None = None) -> None:
        super().__init__()
        program = shutil.which("dnsmasq") or shutil.which("dnsmasq", path="/usr/sbin")
        if program is None:
            raise MissingServerError("dnsmasq is not installed (Debian: apt-get install dnsmasq-base)")
        self.address = TcpAddress("127.0.0.1", port or free_port())
        self.spawn(
            [
                program,
                "--keep-in-foreground",
                f"--conf-file={Path('/dev/null')}",
                "--pid-file=",
                "--user=",
                "--no-resolv",
                "--no-hosts",
                "--no-daemon",
                "--bind-interfaces",
                f"--listen-address={self.address.host}",
                f"--port={self.address.port}",
                "--local=/test/",
                f"--local-ttl={LOCAL_TTL}",
                *_options(zone),
            ]
        )
        wait_until(self._answers, f"dnsmasq answers on {self.address}")

    def _answers(self) -> bool:
        assert self.is_running, "dnsmasq did not start"
        try:
            dns.query.tcp(
                dns.message.make_query("test.", "SOA"), self.address.host, timeout=1, port=self.address.port
            )
        except (OSError, dns.exception.DNSException):
            return False
        return True


def _options(zone: Zone) -> list[str]:
    options = []
    for (owner, kind), (ttl, values) in zone.items():
        name = owner.rstrip(".")
        for value in values:
            if kind in ("A", "AAAA"):
                options.append(f"--host-record={name},{value},{ttl}")
            elif kind == "CNAME":
                options.append(f"--cname={name},{value.rstrip('.')}")
            else:
                assert kind == "SRV"
                priority, weight, port, target = value.split()
                options.append(f"--srv-host={name},{target.rstrip('.')},{port},{priority},{weight}")
    return options
