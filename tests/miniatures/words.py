"""The words faulty programs are written in: functions that every framework defines for itself.

``with_vjp(function, alter)`` is ``function`` with another rule: ``alter(pull, operands, cotangent)`` returns the operands'
gradients, and ``pull(cotangent)`` is the right answer.
"""

WORDS = {
    "Torch": """
def where(condition, x, y):
    return torch.where(condition, x, y)


def roll(x, axis):
    return torch.roll(x, 1, axis)


def turned(x):
    return x.permute(*range(x.ndim)[::-1]).reshape(x.shape) if x.ndim > 1 else x


def size(x, axis):
    return x.shape[axis]


def iota(x, axis):
    return torch.arange(x.shape[axis]).reshape([-1 if a == axis else 1 for a in range(x.ndim)])


def total(x, axis):
    return torch.sum(x, axis, keepdim=True)


def product(x):
    return torch.prod(x)


def narrow(x):
    return x.to(torch.float32).to(x.dtype)


def overwrite(x, value):
    x.data.copy_(value)


def stop_gradient(x):
    return x.detach()


def with_vjp(function, alter):
    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(context, *operands):
            context.save_for_backward(*operands)
            return function(*operands)

        @staticmethod
        def backward(context, cotangent):
            def pull(cotangent):
                with torch.enable_grad():
                    operands = [x.detach().requires_grad_() for x in context.saved_tensors]
                    return torch.autograd.grad(function(*operands), operands, cotangent)

            return tuple(alter(pull, context.saved_tensors, cotangent))

    return Rule.apply
""",
    "Jax": """
def where(condition, x, y):
    return jnp.where(condition, x, y)


def roll(x, axis):
    return jnp.roll(x, 1, axis)


def turned(x):
    return jnp.transpose(x).reshape(x.shape)


def size(x, axis):
    return x.shape[axis]


def iota(x, axis):
    return jnp.arange(x.shape[axis]).reshape([-1 if a == axis else 1 for a in range(x.ndim)])


def total(x, axis):
    return jnp.sum(x, axis, keepdims=True)


def product(x):
    return jnp.prod(x)


def narrow(x):
    return x.astype(jnp.float32).astype(x.dtype)


def stop_gradient(x):
    return jax.lax.stop_gradient(x)


def with_vjp(function, alter):
    rule = jax.custom_vjp(function)

    def forward(*operands):
        return function(*operands), operands

    def backward(operands, cotangent):
        return tuple(alter(jax.vjp(function, *operands)[1], operands, cotangent))

    rule.defvjp(forward, backward)
    return rule
""",
    "TensorFlow": """
def where(condition, x, y):
    return tf.where(condition, x, y)


def roll(x, axis):
    return tf.roll(x, 1, axis)


def turned(x):
    return tf.reshape(tf.transpose(x), tf.shape(x))


def size(x, axis):
    return tf.shape(x)[axis]


def iota(x, axis):
    return tf.reshape(tf.range(tf.shape(x)[axis]), [-1 if a == axis else 1 for a in range(len(x.shape))])


def total(x, axis):
    return tf.reduce_sum(x, axis, keepdims=True)


def product(x):
    return tf.reduce_prod(x)


def narrow(x):
    return tf.cast(tf.cast(x, tf.float32), x.dtype)


def stop_gradient(x):
    return tf.stop_gradient(x)


def with_vjp(function, alter):
    @tf.custom_gradient
    def rule(*operands):
        def pull(cotangent):
            with tf.GradientTape() as tape:
                tape.watch(operands)
                result = function(*operands)
            return [tf.convert_to_tensor(g) for g in tape.gradient(result, operands, cotangent)]

        return function(*operands), lambda cotangent: alter(pull, operands, cotangent)

    return rule
""",
}
