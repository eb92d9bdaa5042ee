"""The one error of the benchmark."""


class BenchError(Exception):
    """Something did not run, so that there is no figure; the message is for the person at the terminal."""
