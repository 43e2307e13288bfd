"""What our own tape engine documents of the scenarios, and its own programs for them, one module per letter.

A gradient is an array or None; the programs say which by using it, so their modules are checked without strict optional.
"""
