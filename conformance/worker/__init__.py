"""Adapters run in processes of their own; this package is both ends of the pipe.

`process` and `channel` are the parent's side, `bootstrap`, `serve` and `watch` the worker's; `protocol` and `questions`
are what they share.  Nothing is imported here, because both sides would pay for it.
"""
