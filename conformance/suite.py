"""What `pytest --pyargs autograd_conformance.suite` collects: one item per adapter, law and stratum.

The file holds no test functions; the plugin recognises its path and makes the items.
"""
