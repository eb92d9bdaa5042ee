"""From the configuration of another proxy to Outrider's: a text in, a TOML out. Nothing is connected to."""
