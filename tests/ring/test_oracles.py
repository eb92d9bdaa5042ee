import pytest

from tests.ring.oracles import program


def test_a_missing_oracle_fails_the_test_and_says_what_to_install() -> None:
    with pytest.raises(pytest.fail.Exception, match="apt-get install no-such-proxy"):
        program("no-such-proxy")
