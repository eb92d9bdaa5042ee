"""Pools: the backends behind one ring, and the tasks that keep them connected."""
