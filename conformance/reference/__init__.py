"""What a graph's value and derivative are, with an error bound, from forward evaluations in NumPy alone.

The reference knows no derivative rule and imports no framework, so it cannot repeat a framework's mistake.
"""
