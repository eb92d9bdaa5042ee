"""Conversations with a server, written down as text.

A line ``# claim`` begins one; ``> `` is sent and ``< `` comes back, both ending in CRLF. Backslash escapes are
those of Python. ``{5}`` is the cas unique five after the first one, ``t~`` and ``l~`` stand for any number of
seconds. What is sent between two replies is sent at once.
"""

from pathlib import Path
from typing import Final, NamedTuple

_DIRECTORY: Final = Path(__file__).parent / "transcripts"


class Step(NamedTuple):
    sent: bytes
    reply: bytes


class Conversation(NamedTuple):
    claim: str
    steps: list[Step]


def read(*names: str) -> list[Conversation]:
    """All conversations of the files of these names."""
    conversations: list[Conversation] = []
    for name in names:
        sent, reply = b"", b""
        steps: list[Step] = []
        for line in (_DIRECTORY / f"{name}.txt").read_text("ascii").splitlines():
            kind, text = line[:1], _unescaped(line[2:])
            if (kind == ">" and reply) or (kind == "#" and sent):
                steps.append(Step(sent, reply))
                sent, reply = b"", b""
            if kind == "#":
                steps = []
                conversations.append(Conversation(line[2:], steps))
            elif kind == ">":
                sent += text
            elif kind == "<":
                reply += text
        steps.append(Step(sent, reply))
    return conversations


def _unescaped(text: str) -> bytes:
    return text.encode("ascii").decode("unicode_escape").encode("latin-1") + b"\r\n"
