"""Keeping expectations files true: what is wrong with them, what a run adds to them and what it ends."""
