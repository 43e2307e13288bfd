"""`python -m autograd_conformance.cli`."""

from autograd_conformance.cli import main

main()
