"""Products of vectors, matrices and tensors in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "dot": "tf.tensordot({0}, {1}, 1)",
        "matvec": "tf.linalg.matvec({0}, {1})",
        "outer": "tf.tensordot({0}, {1}, 0)",
        "inner": "tf.tensordot({0}, {1}, ((-1,), (-1,)))",
        "tensordot": "tf.tensordot({0}, {1}, axes={axes})",
        "einsum_of_one": "tf.einsum({pattern}, {0})",
        "einsum_of_three": "tf.einsum({pattern}, {0}, {1}, {2})",
        "multi_dot": "tf.matmul(tf.matmul({0}, {1}), {2})",
        "addmm": "{beta} * {0} + {alpha} * tf.matmul({1}, {2})",
        "kron": "kron({0}, {1})",
        "cross": "tf.linalg.cross({0}, {1})",
    },
    definitions={
        "kron": """
def kron(a, b):
    shape = tf.shape(a) * tf.shape(b)
    return tf.reshape(tf.einsum("ij,kl->ikjl", a, b), shape)
""",
    },
    composed=frozenset({"multi_dot", "addmm", "kron"}),
)
