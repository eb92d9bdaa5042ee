"""Outrider beside nutcracker on this machine, in the same run: `python -m bench`."""
