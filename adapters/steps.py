"""The source of a derivative by forward and reverse steps, for programs that need only the framework."""

from __future__ import annotations

from collections.abc import Iterator

from autograd_conformance.word import steps_of

FIRST_STEP = """\
def step_0(leaves, cotangents, tangents):
    return graph_function(*leaves)
"""


def written_steps(word: str) -> Iterator[tuple[str, str]]:
    """Each step from the inside with the source of what it takes."""
    for letter, place in steps_of(word):
        yield letter, "cotangents" if place is None else f"tangents[{place}]"


def nested_steps(word: str, forward: str, reverse: str) -> str:
    """Source of one function for every step of a word, the innermost first; the last one is called ``derivative``.

    The templates are bodies of a function of ``leaves, cotangents, tangents``, with the places ``inner`` for the function
    of the leaves that they differentiate and ``seed`` for the tangent or cotangent they take.
    """
    functions = [FIRST_STEP]
    for number, (letter, seed) in enumerate(written_steps(word), start=1):
        name = "derivative" if number == len(word) else f"step_{number}"
        inner = f"lambda x: step_{number - 1}(x, cotangents, tangents)"
        body = (forward if letter == "f" else reverse).format(inner=inner, seed=seed)
        lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
        functions.append(f"def {name}(leaves, cotangents, tangents):\n{lines}")
    return "\n\n".join(functions)
