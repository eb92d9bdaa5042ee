"""What operators see: metrics and the ``stats`` command."""
