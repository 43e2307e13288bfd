"""Special functions: error, gamma and Bessel functions and their kin in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

BETALN = """
def betaln(a, b):
    return tf.math.lbeta(tf.stack((a + tf.zeros_like(b), b + tf.zeros_like(a)), axis=-1))
"""

MULTIGAMMALN = """
def multigammaln(x, dimension):
    steps = tf.cast(tf.range(dimension), x.dtype) / 2
    quarter_of_log_pi = 0.28618247146235004
    constant = quarter_of_log_pi * dimension * (dimension - 1)
    return tf.reduce_sum(tf.math.lgamma(x[..., None] - steps), axis=-1) + constant
"""

TABLE = Table(
    expressions={
        "erf": "tf.math.erf({0})",
        "erfc": "tf.math.erfc({0})",
        "erfinv": "tf.math.erfinv({0})",
        "ndtr": "0.5 * tf.math.erfc({0} * -0.5**0.5)",
        "ndtri": "tf.math.ndtri({0})",
        "lgamma": "tf.math.lgamma({0})",
        "digamma": "tf.math.digamma({0})",
        "polygamma": "tf.math.polygamma(tf.constant({order}, {0}.dtype), {0})",
        "multigammaln": "multigammaln({0}, {dimension})",
        "betaln": "betaln({0}, {1})",
        "i0": "tf.math.bessel_i0({0})",
        "i1": "tf.math.bessel_i1({0})",
        "i0e": "tf.math.bessel_i0e({0})",
        "i1e": "tf.math.bessel_i1e({0})",
        "bessel_j0": "tf.math.special.bessel_j0({0})",
        "bessel_j1": "tf.math.special.bessel_j1({0})",
        "logit": "tf.math.log({0} / (1 - {0}))",
        "entr": "-tf.math.xlogy({0}, {0})",
        "xlog1py": "tf.math.xlog1py({0}, {1})",
    },
    definitions={"betaln": BETALN, "multigammaln": MULTIGAMMALN},
    composed=frozenset({"ndtr", "multigammaln", "logit", "entr"}),
    absent={"log_ndtr": "only TensorFlow Probability has one, and the logarithm of ndtr underflows"},
    wide_only=frozenset(
        {
            "erfinv",
            "ndtri",
            "lgamma",
            "digamma",
            "polygamma",
            "multigammaln",
            "betaln",
            "i0",
            "i1",
            "i0e",
            "i1e",
            "bessel_j0",
            "bessel_j1",
        }
    ),
)
