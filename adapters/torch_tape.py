"""PyTorch's own statements for stories of leaves and tapes."""

from __future__ import annotations

from autograd_conformance.adapters.torchlike_tape import TorchLikeTape


class TorchTape(TorchLikeTape):
    """The stories speak PyTorch's own words."""

    imports = "import torch"
    array = "torch.tensor({values}, dtype=torch.float64{more})"
    gradients = "torch.autograd.grad"
    unrecorded = "torch.no_grad()"
