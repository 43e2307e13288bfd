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
    closed over.
    """

    imports = 'import jax\nimport jax.numpy as jnp\n\njax.config.update("jax_enable_x64", True)'

    def write(self, steps: Sequence[Step]) -> str:
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
        if query.name == "value":
            return query.about
        raise NoSuchConcept(f"functional: {NOT_ASKED.get(query.name, f'no array answers {query.name}')}")

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

    def _gradient_lines(self, step: Step, before: Sequence[Step]) -> list[str]:
        """A function of the step's ``wrt``, and its transformation."""
        if step.options["retain_graph"] is False:
            raise NoSuchConcept("functional: there is no graph that could be given up")
        wrt = ", ".join(step.operands)
        function = f"{step.name}_of_{'_'.join(step.operands)}"
        lines = [f"def {function}({wrt}):"]
        lines += [f"    {line}" for line in self._recomputed(step, before)]
        lines += [f"    return {step.name}", ""]
        names = "".join(f"{name}, " for name in step.options["names"]).strip()
        if step.options["cotangent"] is None:
            positions = tuple(range(len(step.operands)))
            return [*lines, f"({names}) = jax.grad({function}, argnums={positions})({wrt})"]
        cotangent = array_source(np.array(step.options["cotangent"], dtype=np.float64))
        return [*lines, f"_, pull = jax.vjp({function}, {wrt})", f"({names}) = pull(jnp.array({cotangent}))"]

    def _recomputed(self, step: Step, before: Sequence[Step]) -> Iterator[str]:
        """The statements between the step's ``wrt`` and its ``of``."""
        wanted = {step.name}
        for each in reversed(before):
            if wanted & set(_made(each)):
                wanted |= set(_read(each))
        varying = set(step.operands)
        for number, each in enumerate(before):
            made = _made(each)
            if varying & set(_read(each)) and wanted & set(made) and not set(made) & set(step.operands):
                varying |= set(made)
                if each.verb == "gradient" and each.options["create_graph"]:
                    yield from self._gradient_lines(each, before[:number])
                elif each.verb != "gradient":
                    yield from getattr(self, each.verb)(each).splitlines()

    @staticmethod
    def _refuse_reuse(step: Step, before: Sequence[Step]) -> None:
        taken = {name for each in before if each.verb in MAKING for name in _made(each)}
        if step.verb in MAKING and (again := taken & set(_made(step))):
            raise NoSuchConcept(f"functional: {min(again)} is the name of a value already")


def _made(step: Step) -> tuple[str, ...]:
    return tuple(step.options["names"]) if step.verb == "gradient" else (step.name,)


def _read(step: Step) -> tuple[str, ...]:
    return (step.name, *step.operands) if step.verb == "gradient" else step.operands


def _attempted(step: Step, lines: list[str]) -> list[str]:
    if not step.attempt:
        return lines
    return [f"with observe.attempt({step.attempt!r}):", *(f"    {line}" if line else "" for line in lines)]
