"""Options from ``[tool.autograd-conformance]`` in pyproject.toml, under those of the command line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click

TABLE = "autograd-conformance"


class ConfiguredGroup(click.Group):
    """A group whose commands take defaults from pyproject.toml in the current folder.

    Keys are long option names, with or without dashes turned into underscores; a key that no command has is an error.
    """

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> click.Context:
        extra.setdefault("default_map", self._defaults())
        return super().make_context(info_name, args, parent, **extra)

    def _defaults(self) -> dict[str, dict[str, Any]]:
        path = Path("pyproject.toml")
        try:
            table = tomllib.loads(path.read_text("utf-8")).get("tool", {}).get(TABLE, {})
        except (FileNotFoundError, PermissionError, IsADirectoryError):
            return {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
            raise click.UsageError(f"pyproject.toml is not TOML: {failure}") from None
        if not isinstance(table, dict):
            raise click.UsageError(f"pyproject.toml: [tool.{TABLE}] must be a table")
        used: set[str] = set()
        by_command = _chosen(self, table, used)
        if unknown := set(table) - used:
            raise click.UsageError(f"pyproject.toml: [tool.{TABLE}] has no option {sorted(unknown)[0]!r}")
        return by_command


def _chosen(group: click.Group, table: dict[str, Any], used: set[str]) -> dict[str, dict[str, Any]]:
    """Of every command of a group, the parameters that the table has a value for; their keys are added to ``used``."""
    by_command: dict[str, dict[str, Any]] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            by_command[name] = _chosen(command, table, used)
        for parameter in command.params:
            for key in (key for option in parameter.opts for key in _keys(option)):
                if key in table and parameter.name is not None:
                    by_command.setdefault(name, {})[parameter.name] = table[key]
                    used.add(key)
    return by_command


def _keys(option: str) -> tuple[str, ...]:
    long = option.removeprefix("--")
    return (long, long.replace("-", "_")) if option.startswith("--") else ()
