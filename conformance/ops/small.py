"""Ops whose derivative stays in range however small the values are.

In float16 the reciprocal of a value below 2^-14 is beyond the end of the range, and reciprocals are a part of many
derivatives, also of a norm and a product as frameworks write them, where the derivative itself is moderate.  Those of ops
named here are made of moves, sums, products and bounded functions in any framework's writing.  Of others it is not known.
"""

from __future__ import annotations

_MOVES = """
    reshape transpose broadcast_to concatenate split pad flip slice take sort sort_descending top_k where greater
    gather_along_axis scatter_along_axis index_copy slice_update masked_fill masked_select gather_nd scatter_nd select
    unstack repeat_interleave stack tile roll rot90 moveaxis expand_dims squeeze meshgrid pixel_shuffle pixel_unshuffle
    pad_reflect pad_symmetric pad_replicate pad_circular pad_constant diagonal diag_embed tril triu block_diag fftshift
    embedding interpolate_nearest unfold fold
    max min maximum minimum cummax cummin segment_max segment_min scatter_max scatter_min max_pool1d max_pool2d
"""
_SUMS = """
    neg scale shift deg2rad add sub sum mean cumsum diff trace scatter_add segment_sum segment_mean embedding_bag
    avg_pool1d avg_pool2d adaptive_avg_pool1d interpolate_linear interpolate_bilinear
    abs relu relu6 clip leaky_relu hardtanh hard_sigmoid hard_swish threshold softshrink hardshrink sparse_plus prelu
    norm_l1 l1_loss hinge_loss margin_ranking_loss multi_margin_loss hinge_embedding_loss
"""
_PRODUCTS = """
    mul square squared_difference lerp addcmul var cov matmul linear einsum einsum_of_one einsum_of_three dot matvec outer
    inner tensordot multi_dot addmm kron cross conv1d conv2d conv3d conv1d_grouped conv2d_grouped conv_transpose1d
    conv_transpose2d mse_loss smooth_l1_loss huber_loss
"""
_BOUNDED = """
    sin cos tan exp exp2 expm1 log1p sinh cosh tanh arctan arcsinh arcsin arccos arctanh sigmoid softplus erf erfc ndtr
    logsumexp softmax log_softmax softmin logaddexp logaddexp2 log_sigmoid gelu gelu_tanh silu mish elu celu selu glu
    softsign squareplus tanhshrink cross_entropy nll_loss bce_with_logits attention
"""

NEVER_DIVIDING = frozenset(f"{_MOVES} {_SUMS} {_PRODUCTS} {_BOUNDED}".split())
