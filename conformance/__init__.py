"""A conformance suite for automatic differentiation across frameworks.

The package imports no framework; adapters do, inside worker processes.
"""

__version__ = "0.1.0"
