"""Stories told in JAX: what a story says step by step becomes functions, and each gradient a transformation of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NoReturn

import numpy as np

from autograd_conformance.adapters.translator import TranslatingTape, array_source
from autograd_conformance.tape import NoSuchConcept, Query, Step

NOT_ASKED = {
    "gradient": "arrays hold no gradient",
    "is_leaf": "arrays belong to no graph, so none is a leaf of it",
    "requires_grad": "what is differentiated is said to jax.grad, no array knows",
    "has_grad_fn": "an array does not know the op that made it",
}
MAKING = ("leaf", "constant", "apply", "detach", "gradient")


class JaxTape(TranslatingTape):
    """Ops are run as they come; a gradient step writes the function from its ``wrt`` to its ``of`` and transforms it.

    Recomputed inside of that function is whatever depends on ``wrt``, intermediates and gradients included; the rest is
    closed over.  A ``wrt`` that depends on another is differentiated at a zero that is added to it.
    """

    imports = 'import jax\nimport jax.numpy as jnp\n\njax.config.update("jax_enable_x64", True)'

    def story(self, steps: Sequence[Step]) -> str:
        lines: list[str] = []
        for number, step in enumerate(steps):
            self._refuse_reuse(step, steps[:number])
            if step.verb == "gradient":
                before = tuple(each for each in steps[:number] if each.verb in MAKING)
                lines += _attempted(step, self._gradient_lines(step, before))
            else:
                lines += self.lines(step)
        return "\n".join(lines) + "\n"

    def query(self, query: Query) -> str:
        if query.about == "value":
            return query.name
        raise NoSuchConcept(f"functional: {NOT_ASKED[query.about]}")

    def leaf(self, step: Step) -> str:
        return f"{step.name} = jnp.array({array_source(np.array(step.options['value'], dtype=np.float64))})"

    def constant(self, step: Step) -> str:
        return self.leaf(step)

    def apply(self, step: Step) -> str:
        expression = self.expression_of(step)
        return f"{step.name} = {expression if step.options['recording'] else f'jax.lax.stop_gradient({expression})'}"

    def detach(self, step: Step) -> str:
        return f"{step.name} = jax.lax.stop_gradient({step.operands[0]})"

    def retain_grad(self, step: Step) -> NoReturn:
        raise NoSuchConcept("functional: nothing is retained; an intermediate can be differentiated as an argument")

    def backward(self, step: Step) -> NoReturn:
        raise NoSuchConcept("functional: gradients are values of a function, no walk stores them in arrays")

    def zero(self, step: Step) -> NoReturn:
        raise NoSuchConcept("functional: arrays hold no gradient, so none is zeroed")

    def update(self, step: Step) -> NoReturn:
        raise NoSuchConcept("functional: arrays are immutable")

    def _gradient_lines(self, step: Step, before: Sequence[Step], given: Sequence[str] = ()) -> list[str]:
        """A function of the step's ``wrt``, and its transformation; names that are ``given`` are not bound again."""
        if step.options["retain_graph"] is False:
            raise NoSuchConcept("functional: there is no graph that could be given up")
        shifted = _shifted(step, before)
        function = f"{step.name}_of_{'_'.join(step.operands)}"
        parameters = ", ".join(f"{name}_shift" if name in shifted else name for name in step.operands)
        point = ", ".join(f"jnp.zeros_like({name})" if name in shifted else name for name in step.operands)
        body = [*self._recomputed(step, before, shifted), f"return {step.name}"]
        lines = [f"def {function}({parameters}):", *_indented(body), ""]
        names = ["_" if name in given else name for name in step.options["names"]]
        if step.options["cotangent"] is not None:
            cotangent = array_source(np.array(step.options["cotangent"], dtype=np.float64))
            bound = f"({names[0]},)" if len(names) == 1 else ", ".join(names)
            return [*lines, f"_, pull = jax.vjp({function}, {point})", f"{bound} = pull(jnp.array({cotangent}))"]
        if len(names) == 1:
            return [*lines, f"{names[0]} = jax.grad({function})({point})"]
        return [*lines, f"{', '.join(names)} = jax.grad({function}, argnums={tuple(range(len(names)))})({point})"]

    def _recomputed(self, step: Step, before: Sequence[Step], shifted: Sequence[str]) -> Iterator[str]:
        """The statements between the step's ``wrt`` and its ``of``."""
        wanted = {step.name}
        for each in reversed(before):
            if wanted & set(_made(each)):
                wanted |= set(_read(each))
        given = [name for name in step.operands if name not in shifted]
        varying = set(step.operands)
        for number, each in enumerate(before):
            made = set(_made(each)) - set(given)
            if not (varying & set(_read(each)) and wanted & made and _is_differentiable(each)):
                continue
            varying |= made
            if each.verb == "gradient":
                yield from self._gradient_lines(each, before[:number], given)
            else:
                yield from getattr(self, each.verb)(each).splitlines()
            yield from (f"{name} = {name} + {name}_shift" for name in _made(each) if name in shifted)

    @staticmethod
    def _refuse_reuse(step: Step, before: Sequence[Step]) -> None:
        taken = {name for each in before if each.verb in MAKING for name in _made(each)}
        if step.verb in MAKING and (again := taken & set(_made(step))):
            raise NoSuchConcept(f"functional: {min(again)} is the name of a value already")


def _made(step: Step) -> tuple[str, ...]:
    return tuple(step.options["names"]) if step.verb == "gradient" else (step.name,)


def _read(step: Step) -> tuple[str, ...]:
    return (step.name, *step.operands) if step.verb == "gradient" else step.operands


def _is_differentiable(step: Step) -> bool:
    """Whether what the step made depends on what it read; a gradient that was not to be recorded is a constant."""
    return step.verb != "gradient" or bool(step.options["create_graph"])


def _shifted(step: Step, before: Sequence[Step]) -> list[str]:
    """Which of the step's ``wrt`` are made from others of them.

    Such a one is no free argument: it is differentiated by the perturbation trick, at a zero that is added to it.
    """
    varying = set(step.operands)
    shifted = []
    for each in before:
        if varying & set(_read(each)) and _is_differentiable(each):
            varying |= set(_made(each))
            shifted += [name for name in _made(each) if name in step.operands]
    return shifted


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]


def _attempted(step: Step, lines: list[str]) -> list[str]:
    return [f"with observe.attempt({step.attempt!r}):", *_indented(lines)] if step.attempt else lines
