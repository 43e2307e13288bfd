"""What surprises people who come from another framework: one paragraph for each subject, written by hand.

Each sentence is borne out by a row of the table below it; change both together.
"""

from __future__ import annotations

LEADS = {
    "A": """
In PyTorch an array knows whether it is differentiated: `requires_grad` is set on a leaf, and results inherit it.
Elsewhere no array knows. JAX is told at the call (`argnums`), TensorFlow's tape watches the variables that are read
within it and nothing else unless told to, and the static graph differentiates anything with respect to anything. So
the gradient at a constant is an error in PyTorch, 0 in JAX, None on the tape and simply computed in the static graph:
coming from PyTorch, do not wait for an error where you forgot to say what to differentiate. The suite's own engine,
`tape`, follows PyTorch.
""",
    "B": """
Only PyTorch puts gradients into arrays: into leaves by itself, into intermediates when `retain_grad` asks for it.
Elsewhere gradients are return values and nothing is retained. An intermediate's gradient is asked for like any other
in TensorFlow; in JAX the intermediate is made an argument first.
""",
    "C": """
A PyTorch graph and a plain `GradientTape` are walked once unless told to keep (`retain_graph=True`,
`persistent=True`). A JAX vjp function and a static graph are walked as often as you like. Coming from PyTorch, mind
what a second walk gives elsewhere: the same gradient again, not the sum of both (JAX's programs below add up by
hand). Changing a saved value in place is noticed by PyTorch and raises; TensorFlow goes on with the value that was
read; a JAX array cannot be changed.
""",
    "D": """
Accumulation is PyTorch's habit: gradients add up in the leaves until they are zeroed, and a forgotten `zero_grad` is
the classic bug. Coming from PyTorch, add micro-batches up yourself: nothing elsewhere does it for you. The
mathematics is the same everywhere: values used twice, broadcast operands and looked-up rows receive the sum.
""",
    "E": """
The gradient of several outputs without a cotangent is refused by PyTorch and JAX; TensorFlow quietly differentiates
their sum. Coming from TensorFlow, write the sum; coming to it, miss the error. An input that the output does not
depend on gives an error in PyTorch, 0 in JAX, None in TensorFlow. A cotangent of the wrong shape is refused by
PyTorch and JAX, and taken by TensorFlow where it broadcasts; one of another dtype is converted by PyTorch and refused
by JAX and TensorFlow.
""",
    "F": """
The numbers are the same; how one asks is not. PyTorch wants `create_graph=True`, JAX nests `grad`, TensorFlow a tape
within a tape, and in the static graph a gradient is a node like any other. The derivatives in the residual of a
differential equation agree by every way that a framework offers.
""",
    "G": """
Leaving the framework for plain numbers and coming back cuts the graph. In PyTorch the value comes back without
history and the walk raises; TensorFlow answers None; JAX refuses to give the number in the first place. Rules of
one's own are honoured when compiled, batched and differentiated again. At 0 conventions differ: `relu` has gradient
0, but written as a maximum or a clamp it has 1 in PyTorch and TensorFlow, and 0.5 in JAX, which shares the gradient
between equal operands.
""",
    "H": """
One network gives one loss curve, whether it runs step by step, compiled, or as a static graph. Loops are Python's own
in PyTorch and on TensorFlow's tape; compiled JAX and graphs have loops as ops, and JAX refuses to walk back through
one without a bound. Compilation is counted in traces: JAX traces for each shape, `tf.function` once for a size left
open. In a static graph, what is fetched together has no order unless control dependencies make one.
""",
    "I": """
A training program that is ported faithfully gives the same curve, as far as rounding lets it. Where yours does not,
look at the initial values, at sum or mean in the loss, at the constants of the optimizer (Keras documents Adam's
epsilon as 1e-7, others 1e-8) and at the dtype, before you doubt the gradients.
""",
    "J": """
What one expects of a small engine, asked of all. The record can be read as nodes and edges everywhere, from the
result backwards in PyTorch, as a jaxpr in JAX, as the graph of a traced function in TensorFlow; the ops have
different names. A bias that was never connected is told by None in PyTorch and TensorFlow; in JAX its gradient is 0
like that of one which is multiplied by zero. And a training step must keep the leaf: `w = w - 0.1 * gradient` makes a
new array, which the next walk does not know in PyTorch and TensorFlow.
""",
    "K": """
Random programs are held against a model of what each framework documents. There is nothing to learn here when you
move: the row says whether the rules of the subjects above hold when they are combined.
""",
    "L": """
At a kink any number between the two one-sided derivatives will do, and frameworks choose differently: abs at 0 is 0 in
PyTorch and TensorFlow and 1 in JAX, two equal operands of maximum share the gradient in PyTorch and JAX, and the first
takes it whole in TensorFlow. A norm at 0 has the gradient 0 in PyTorch and nan in JAX and on TensorFlow's tape: there
guard the argument of the root, not the result, since `where` multiplies the nan by 0 on the way back.
""",
}
