"""What an op costs: lines and files, counted in the source.

    python benchmarks/op_cost.py [--last 10] [--all]

For each op its entry on every side - meaning in NumPy, definition in mpmath, expression in each framework - with the
functions of the same file that the entry reaches; a function that several ops reach is shared evenly.  Prints a Markdown
table of lines by side.  `--all` prints the median of the whole vocabulary, too.  Takes a second, needs no framework.
"""

from __future__ import annotations

import argparse
import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from autograd_conformance.ops import VOCABULARY

ROOT = Path(__file__).parent.parent
SIDES = {
    "NumPy": "conformance/ops",
    "mpmath": "conformance/reference/meanings",
    "PyTorch": "adapters/torch_ops",
    "JAX": "adapters/jax_ops",
    "TensorFlow": "adapters/tensorflow_ops",
}


def main() -> None:
    """Count, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--last", type=int, default=10, help="how many ops of the end of the vocabulary to list")
    parser.add_argument("--all", action="store_true", help="print the median of all ops, too")
    asked = parser.parse_args()
    lines = {side: lines_of(ROOT / folder) for side, folder in SIDES.items()}
    print(f"| op | {' | '.join(SIDES)} | lines | files |\n|---|{'---|' * len(SIDES)}---|---|")
    names = list(VOCABULARY)
    for name in names[-asked.last :]:
        print(row(name, [lines[side].get(name, 0.0) for side in SIDES]))
    if asked.all:
        counts = [[lines[side].get(name, 0.0) for name in names] for side in SIDES]
        print(row(f"median of {len(names)}", [median(side) for side in counts]))


def row(name: str, counts: list[float]) -> str:
    """One line of the table."""
    shown = " | ".join(f"{count:.0f}" if count else "-" for count in counts)
    return f"| {name} | {shown} | {sum(counts):.0f} | {sum(count > 0 for count in counts)} |"


def lines_of(folder: Path) -> dict[str, float]:
    """Op name to lines in the files of a folder."""
    counted: dict[str, float] = defaultdict(float)
    for path in sorted(folder.glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        reached: dict[str, list[set[str]]] = defaultdict(list)
        for name, own, nodes in entries(tree):
            counted[name] += own
            reached[name].append(reach(nodes, functions))
        users: dict[str, set[str]] = defaultdict(set)
        for name, found in reached.items():
            for function in set().union(*found):
                users[function].add(name)
        for function, names in users.items():
            for name in names:
                counted[name] += height(functions[function]) / len(names)
    return counted


def height(node: ast.expr | ast.FunctionDef) -> int:
    """Lines from the first to the last."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def entries(tree: ast.Module) -> Iterator[tuple[str, int, list[ast.AST]]]:
    """Every entry of an op outside functions: its name, its own lines, and what it is made of."""
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and node.args and _name(node.args[0]) is not None:
                yield _name(node.args[0]) or "", height(node), [node]
            elif isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if key is not None and _name(key) is not None:
                        yield _name(key) or "", (value.end_lineno or value.lineno) - key.lineno + 1, [value]


def _name(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in VOCABULARY:
        return node.value
    return None


def reach(nodes: list[ast.AST], functions: dict[str, ast.FunctionDef]) -> set[str]:
    """Names of the file's functions that the nodes use, directly or through others."""
    found: set[str] = set()
    waiting = list(nodes)
    while waiting:
        for node in ast.walk(waiting.pop()):
            if isinstance(node, ast.Name) and node.id in functions and node.id not in found:
                found.add(node.id)
                waiting.append(functions[node.id])
    return found


if __name__ == "__main__":
    main()
