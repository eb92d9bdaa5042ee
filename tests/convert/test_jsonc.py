import json
import random

import pytest

from proxy.convert.given import Given
from proxy.convert.jsonc import read_json
from proxy.convert.source import Source
from proxy.errors import ConfigError

FILE = "mcrouter.json"


def plain(given: Given) -> object:
    if isinstance(given.value, list):
        return [plain(entry) for entry in given.entries()]
    if isinstance(given.value, dict):
        return {name: plain(entry) for name, entry in given.keys().items()}
    return given.value


def value_of(text: str) -> object:
    source = Source(FILE)
    given = read_json(text, source)
    source.raise_if_refused()
    return plain(given)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('// one\n{"a": 1} // two', {"a": 1}),
        ('/* one\n * two */ {"a" /* , */ : /**/ 1}', {"a": 1}),
        ('{"a": "// no", "b": "/* no */", "c": "\\"// no"}', {"a": "// no", "b": "/* no */", "c": '"// no'}),
        ("[1, 2,]", [1, 2]),
        ('{"a": [1,\n], // two\n}', {"a": [1]}),
        ('{"a": "[1,]", "b": ",}"}', {"a": "[1,]", "b": ",}"}),
        ("[1, /* , */ ]", [1]),
        ('["/*", "*/"]', ["/*", "*/"]),
        ('"\\\\" // "', "\\"),
        ("{}", {}),
        ("[true, null, -1.5e3]", [True, None, -1500.0]),
    ],
)
def test_comments_and_last_commas_are_overlooked(text: str, value: object) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", f"{FILE}:1: is not valid JSON: Expecting value (column 1)"),
        (
            '{\n  // one\n  "a": 1\n  "b": 2\n}',
            f"{FILE}:4: is not valid JSON: Expecting ',' delimiter (column 3)",
        ),
        ("/*\n\n*/ x", f"{FILE}:3: is not valid JSON: Expecting value (column 4)"),
        ("[1,,]", f"{FILE}:1: is not valid JSON"),
        ("[1] /* open", f"{FILE}:1: is not valid JSON: Extra data"),
        ('["open', f"{FILE}:1: is not valid JSON: Unterminated string"),
        ("[NaN]", f"{FILE}: is not valid JSON: NaN is no number of JSON"),
        (f"[{'9' * 5000}]", f"{FILE}: is not valid JSON: "),
        ("[" * 100 + "]" * 100, f"{FILE}: is nested too deeply"),
        ("[" * 100_000, f"{FILE}: is nested too deeply"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', f"{FILE}: b.c: is here twice"),
        ('["\\ud800"]', f"{FILE}: [0]: "),
        ('{"a\\udfff": 1}', f'{FILE}: "a\\udfff": '),
    ],
)
def test_what_is_no_json_is_refused_at_its_line(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        value_of(text)
    assert str(caught.value).startswith(told)
    assert str(caught.value).isprintable()


def test_json_means_what_it_means_whatever_stands_between() -> None:
    seed = 5150
    rng = random.Random(seed)
    blanks = ["", " ", "\n", '// , ] } "\n', '/* // " , ] */', "/**/"]
    for _ in range(300):
        value = _value(rng, 4)
        tokens = _tokens(json.dumps(value), rng)
        text = "".join(token + rng.choice(blanks) for token in tokens)
        assert value_of(text) == value, f"seed {seed}: {text!r}"


def _value(rng: random.Random, depth: int) -> object:
    kind = rng.randrange(5 if depth else 3)
    if kind == 0:
        return rng.randrange(-1000, 1000)
    if kind == 1:
        return rng.choice((True, False, None))
    if kind == 2:
        return "".join(rng.choices('ab"\\/*,]}[{:\n é', k=rng.randrange(6)))
    if kind == 3:
        return [_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {f"{index}{rng.choice('/*,')}": _value(rng, depth - 1) for index in range(rng.randrange(4))}


def _tokens(text: str, rng: random.Random) -> list[str]:
    """The tokens of JSON, with commas behind some last entries."""
    tokens: list[str] = []
    at = 0
    while at < len(text):
        end = at + 1
        if text[at] == '"':
            while text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            end += 1
        elif text[at] not in "[]{},: ":
            while end < len(text) and text[end] not in "[]{},: ":
                end += 1
        token = text[at:end]
        if token in "]}" and tokens[-1] not in "[{" and rng.random() < 0.5:
            tokens.append(",")
        tokens.append(token)
        at = end
    return [token for token in tokens if token != " "]
