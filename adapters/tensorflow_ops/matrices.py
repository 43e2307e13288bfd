"""Parts of matrices, matrices made of others, and what relates their rows in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "block_diag": "block_diag({0}, {1})",
        "trace": "tf.linalg.trace({0})",
        "diagonal": "tf.linalg.diag_part({0}, k={offset})",
        "diag_embed": "tf.linalg.diag({0}, k={offset})",
        "tril": "tril({0}, {offset})",
        "triu": "triu({0}, {offset})",
        "vander": "vander({0}, {columns}, {increasing})",
        "cdist": "tf.norm({0}[:, None] - {1}[None], ord={p}, axis=-1)",
        "cov": "cov({0}, {correction})",
        "corrcoef": "corrcoef({0})",
    },
    definitions={
        "block_diag": """
def block_diag(a, b):
    upper = tf.pad(a, ((0, 0), (0, tf.shape(b)[1])))
    return tf.concat((upper, tf.pad(b, ((0, 0), (tf.shape(a)[1], 0)))), axis=0)
""",
        "tril": """
def tril(x, offset):
    return tf.linalg.band_part(x, -1, offset) if offset >= 0 else x - tf.linalg.band_part(x, -1 - offset, -1)
""",
        "triu": """
def triu(x, offset):
    return tf.linalg.band_part(x, -offset, -1) if offset <= 0 else x - tf.linalg.band_part(x, -1, offset - 1)
""",
        "vander": """
def vander(x, columns, increasing):
    powers = [tf.ones_like(x)]
    for _ in range(columns - 1):
        powers.append(powers[-1] * x)
    return tf.stack(powers if increasing else powers[::-1], axis=-1)
""",
        "cov": """
def cov(x, correction):
    centred = x - tf.reduce_mean(x, axis=1, keepdims=True)
    return tf.matmul(centred, centred, transpose_b=True) / tf.cast(tf.shape(x)[1] - correction, x.dtype)
""",
        "corrcoef": """
def corrcoef(x):
    centred = x - tf.reduce_mean(x, axis=1, keepdims=True)
    spread = tf.matmul(centred, centred, transpose_b=True)
    deviation = tf.sqrt(tf.linalg.diag_part(spread))
    return spread / deviation[:, None] / deviation[None]
""",
    },
    composed=frozenset({"block_diag", "tril", "triu", "vander", "cdist", "cov", "corrcoef"}),
)
