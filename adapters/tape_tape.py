"""The own engine's statements for stories of leaves and tapes."""

from __future__ import annotations

from autograd_conformance.adapters.torchlike_tape import TorchLikeTape


class TapeTape(TorchLikeTape):
    """Every step is one statement of the engine's documentation."""

    imports = "import autograd_conformance.adapters.tape_engine as tp"
    array = "tp.array({values}{more})"
    gradients = "tp.gradient"
    unrecorded = "tp.no_grad()"
    forget = "{name}.zero_grad()"
