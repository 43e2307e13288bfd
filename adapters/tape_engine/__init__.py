"""A complete, small engine for reverse-mode automatic differentiation, on NumPy alone.

    import autograd_conformance.adapters.tape_engine as tp

    w = tp.array([1.0, 2.0], requires_grad=True)
    loss = tp.sum((w * 3.0) ** 2)
    loss.backward()
    w.grad                                    # array([18., 36.], dtype=float64)

It is judged by the suite like any framework, and is there to be read.  An operation on arrays that require a gradient
leaves a `Record` (record.py) with edges to its operands; `backward` (engine.py) walks the records from the youngest to
the oldest and asks each for its rule (op.py, and the rules in elementwise.py, reductions.py, movement.py, products.py).
Modules import each other relatively, so that a copy of the folder is an engine of its own.

What it promises, in the terms of PyTorch wherever they agree:

- **Values** are float64, float32 or float16; integers and truth values may be computed with and never require a gradient.
  Operands of different precision are brought to the widest; Python numbers take the dtype of their companion.  Results
  own their numbers: only `detach` shares storage.  ``>`` and ``<`` compare elements, ``==`` says whether it is the same
  array.  What leaves for NumPy or Python numbers (``numpy()``, ``float(x)``, ``np.sin(x.data)``) is cut from the graph.
- **Leaves** require no gradient unless asked to, by ``array(..., requires_grad=True)`` or ``requires_grad_()``.  A result
  requires one when any operand does.  What requires none is a leaf by convention; ``grad_fn`` of a leaf is None.
- **backward** adds into ``grad`` of the leaves, each in a buffer of its own; of results only after ``retain_grad()``.  An
  output of more than one element needs a cotangent, which must have its shape.  Raises `TapeError` where nothing requires
  a gradient.  Where it raises, no ``grad`` has changed.
- **gradient** returns a tuple, touches no ``grad``, and takes leaves or results as inputs.
- **Freeing.**  What a record saved is let go once its rule was applied, unless ``retain_graph``; a second `backward`
  through it raises `TapeError`.  Records that save nothing, as those of sums, can be walked again.
- **Higher order.**  Rules are written in ops.  With ``create_graph`` their computation is recorded; it implies
  ``retain_graph`` where that is left open.
- **jvp** is forward mode: tangents of outputs, from the rules of reverse mode alone.
- **Recording** is switched by ``no_grad()``, ``enable_grad()`` and ``set_recording(bool)``, for the calling thread.
- **Changes in place** (``+=``, ``-=``, ``*=``, ``add_``..., ``copy_``, ``zero_``, ``x[key] = value``) are recorded like
  other ops.  A leaf that requires a gradient refuses them outside ``no_grad()``.  A value that a rule needs and that was
  changed after it was saved is noticed by `backward`, which raises `TapeError`; changes through ``.data`` are not noticed.
- **At kinks** a rule gives what lies between the slopes: 0 for abs and relu, 1 inside clip's closed interval, equal shares
  for ties of max, maximum and minimum (max_pool1d, made of max, too).
- **Zeros are operands like any other**: prod, cumprod and det have no rule that divides.

Costs to know: cumprod's rule takes memory quadratic in the axis, det's is made of minors, for small matrices.
"""

from .array import Array, TapeError, array
from .elementwise import (
    abs,
    add,
    arccos,
    arcsin,
    arctan,
    arctanh,
    cast,
    clip,
    copy,
    cos,
    div,
    equal,
    exp,
    expm1,
    greater,
    log,
    log1p,
    maximum,
    minimum,
    mul,
    neg,
    power,
    reciprocal,
    relu,
    sigmoid,
    sign,
    sin,
    softplus,
    sqrt,
    square,
    sub,
    tanh,
    where,
)
from .engine import backward, gradient, jvp
from .export import export, to_dot
from .function import Context, Function
from .movement import broadcast_to, concatenate, flip, pad, reshape, scatter_add, split, stack, take, transpose
from .optimizers import SGD, Adam, Optimizer
from .products import conv1d, det, einsum, linear, matmul, max_pool1d, solve, windows
from .record import Record
from .recording import enable_grad, is_recording, no_grad, set_recording
from .reductions import (
    cumprod,
    cumsum,
    log_softmax,
    logsumexp,
    max,
    mean,
    prod,
    softmax,
    sort,
    sum,
    var,
)

__all__ = [
    "SGD",
    "Adam",
    "Array",
    "Context",
    "Function",
    "Optimizer",
    "Record",
    "TapeError",
    "abs",
    "add",
    "arccos",
    "arcsin",
    "arctan",
    "arctanh",
    "array",
    "backward",
    "broadcast_to",
    "cast",
    "clip",
    "concatenate",
    "conv1d",
    "copy",
    "cos",
    "cumprod",
    "cumsum",
    "det",
    "div",
    "einsum",
    "enable_grad",
    "equal",
    "exp",
    "expm1",
    "export",
    "flip",
    "gradient",
    "greater",
    "is_recording",
    "jvp",
    "linear",
    "log",
    "log1p",
    "log_softmax",
    "logsumexp",
    "matmul",
    "max",
    "max_pool1d",
    "maximum",
    "mean",
    "minimum",
    "mul",
    "neg",
    "no_grad",
    "pad",
    "power",
    "prod",
    "reciprocal",
    "relu",
    "reshape",
    "scatter_add",
    "set_recording",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "softplus",
    "solve",
    "sort",
    "split",
    "sqrt",
    "square",
    "stack",
    "sub",
    "sum",
    "take",
    "tanh",
    "to_dot",
    "transpose",
    "var",
    "where",
    "windows",
]
