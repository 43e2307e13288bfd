"""Random programs of leaves and tapes: a model of the documented semantics predicts every answer, a framework gives it.

The scenarios are the stories that people know; these are the ones between them.  `values`, `arrays`, `rules`, `walk` and
`model` are the model, pure Python that shares nothing with any adapter; `semantics` says how frameworks differ by their
documentation; `machine` draws programs, and shrinks the one that was answered otherwise than predicted.
"""
