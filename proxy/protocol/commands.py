"""The table of commands: the only place that knows what a command looks like and what it means.

Everything else asks a `Command` for its properties instead of comparing verbs. Token counts include the verb
and follow memcached 1.6.18, which answers ``ERROR`` outside of them.
"""

from typing import Final, final

# How a request line is read (`request.py`).
RETRIEVAL: Final = 0  # <verb> [exptime] <key>+
STORAGE: Final = 1  # <verb> <key> <flags> <exptime> <bytes> [cas] [noreply], then a data block
KEYED: Final = 2  # <verb> <key> [argument] [noreply]
META: Final = 3  # <verb> <key> <meta flags>*
META_STORAGE: Final = 4  # ms <key> <bytes> <meta flags>*, then a data block
LOCAL: Final = 5  # no key: answered by the proxy itself
SEALED: Final = 6  # never read from a client: stands for a line that the parser itself has answered

# What a reply looks like (`reply.py`).
VALUES: Final = 0  # VALUE blocks, then END
WORD: Final = 1  # one line out of `Command.words`
NUMBER: Final = 2  # one line of digits, or one out of `Command.words`
META_REPLY: Final = 3  # a two-letter code, meta flags, and after VA a data block
NONE: Final = 4  # never sent to a backend


@final
class Command:
    """One row of the table.

    :ivar first_key: the token where the keys start (0: the command has none)
    :ivar index: its place in the table, for counting
    :ivar miss: the reply that says the item is not there, for reads; else empty
    :ivar words: the replies a backend may give, without CRLF; for meta commands their two-letter codes
    :ivar hidden: the meta codes that the quiet flag hides
    :ivar any_length: a server reads its line however long it is
    :ivar writes: whether the command can change an item, so that a lost reply leaves its outcome unknown
    :ivar retry_safe: whether it may be sent once more after a connection broke before any byte of its reply
    """

    __slots__ = (
        "any_length",
        "first_key",
        "grammar",
        "hidden",
        "index",
        "max_tokens",
        "min_tokens",
        "miss",
        "retry_safe",
        "shape",
        "verb",
        "words",
        "writes",
    )

    def __init__(
        self,
        verb: bytes,
        grammar: int,
        shape: int,
        *,
        tokens: tuple[int, int],
        first_key: int = 1,
        words: tuple[bytes, ...] = (),
        hidden: tuple[bytes, ...] = (),
        miss: bytes = b"",
        any_length: bool = False,
        writes: bool = False,
        retry_safe: bool = False,
    ) -> None:
        self.index = -1
        self.verb = verb
        self.grammar = grammar
        self.shape = shape
        self.min_tokens, self.max_tokens = tokens
        self.first_key = first_key
        self.words = words
        self.hidden = hidden
        self.miss = miss
        self.any_length = any_length
        self.writes = writes
        self.retry_safe = retry_safe

    def __repr__(self) -> str:
        return f"<Command {self.verb.decode('ascii', 'replace')}>"


UNBOUNDED: Final = 1 << 30  # the multi-get has no limit of keys; the line's length is what is bounded
MAX_TOKENS: Final = 23  # memcached reads no further token of a line, except the keys of a multi-get
MAX_META_TOKENS: Final = 19

_STORED: Final = (b"STORED", b"NOT_STORED", b"EXISTS", b"NOT_FOUND")

_ROWS: Final = (
    Command(
        b"get", RETRIEVAL, VALUES, tokens=(2, UNBOUNDED), miss=b"END\r\n", any_length=True, retry_safe=True
    ),
    Command(
        b"gets", RETRIEVAL, VALUES, tokens=(2, UNBOUNDED), miss=b"END\r\n", any_length=True, retry_safe=True
    ),
    Command(b"gat", RETRIEVAL, VALUES, tokens=(2, UNBOUNDED), first_key=2, miss=b"END\r\n", writes=True),
    Command(b"gats", RETRIEVAL, VALUES, tokens=(2, UNBOUNDED), first_key=2, miss=b"END\r\n", writes=True),
    Command(b"set", STORAGE, WORD, tokens=(5, 6), words=_STORED, writes=True),
    Command(b"add", STORAGE, WORD, tokens=(5, 6), words=_STORED, writes=True),
    Command(b"replace", STORAGE, WORD, tokens=(5, 6), words=_STORED, writes=True),
    Command(b"append", STORAGE, WORD, tokens=(5, 6), words=_STORED, writes=True),
    Command(b"prepend", STORAGE, WORD, tokens=(5, 6), words=_STORED, writes=True),
    Command(b"cas", STORAGE, WORD, tokens=(6, 7), words=_STORED, writes=True),
    Command(b"incr", KEYED, NUMBER, tokens=(3, 4), words=(b"NOT_FOUND",), writes=True),
    Command(b"decr", KEYED, NUMBER, tokens=(3, 4), words=(b"NOT_FOUND",), writes=True),
    Command(b"touch", KEYED, WORD, tokens=(3, 4), words=(b"TOUCHED", b"NOT_FOUND"), writes=True),
    Command(b"delete", KEYED, WORD, tokens=(2, 4), words=(b"DELETED", b"NOT_FOUND"), writes=True),
    Command(
        b"mg",
        META,
        META_REPLY,
        tokens=(2, MAX_META_TOKENS),
        words=(b"VA", b"HD", b"EN", b"NF", b"NS", b"EX"),
        hidden=(b"EN",),
        miss=b"EN\r\n",
        writes=True,  # N, R, T and E change the item; the flags are the backend's to judge
    ),
    Command(
        b"ms",
        META_STORAGE,
        META_REPLY,
        tokens=(2, MAX_META_TOKENS),
        words=(b"HD", b"NS", b"EX", b"NF"),
        hidden=(b"HD",),
        writes=True,
    ),
    Command(
        b"md",
        META,
        META_REPLY,
        tokens=(2, MAX_META_TOKENS),
        words=(b"HD", b"NF", b"EX"),
        hidden=(b"HD",),
        writes=True,
    ),
    Command(
        b"ma",
        META,
        META_REPLY,
        tokens=(2, MAX_META_TOKENS),
        words=(b"VA", b"HD", b"NF", b"NS", b"EX"),
        hidden=(b"HD", b"VA"),
        writes=True,
    ),
    Command(
        b"me", META, META_REPLY, tokens=(2, UNBOUNDED), words=(b"ME", b"EN"), miss=b"EN\r\n", retry_safe=True
    ),
    Command(b"mn", LOCAL, NONE, tokens=(1, UNBOUNDED), first_key=0),
    Command(b"flush_all", LOCAL, WORD, tokens=(1, 3), first_key=0, words=(b"OK",), writes=True),
    Command(b"version", LOCAL, NONE, tokens=(1, UNBOUNDED), first_key=0),
    Command(b"verbosity", LOCAL, NONE, tokens=(2, 3), first_key=0),
    Command(b"stats", LOCAL, NONE, tokens=(1, UNBOUNDED), first_key=0),
    Command(b"shutdown", LOCAL, NONE, tokens=(1, UNBOUNDED), first_key=0),
    Command(b"quit", LOCAL, NONE, tokens=(1, UNBOUNDED), first_key=0),
)

for _index, _row in enumerate(_ROWS):
    _row.index = _index

COMMANDS: Final = {row.verb: row for row in _ROWS}

CAS: Final = COMMANDS[b"cas"]
DELETE: Final = COMMANDS[b"delete"]
META_GET: Final = COMMANDS[b"mg"]
META_DELETE: Final = COMMANDS[b"md"]
FLUSH_ALL: Final = COMMANDS[b"flush_all"]
VERSION: Final = COMMANDS[b"version"]
QUIT: Final = COMMANDS[b"quit"]
#: Stands for a line that the parser has answered itself: an error, ``mn``, ``verbosity``.
ANSWERED: Final = Command(b"", SEALED, NONE, tokens=(0, 0), first_key=0)
#: Stands for a fault after which memcached closes the connection.
CLOSE: Final = Command(b"", SEALED, NONE, tokens=(0, 0), first_key=0)
