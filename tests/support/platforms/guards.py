"""Finds uses of what a system does not have, in source that is read and not run: those that no condition keeps away.

Conditions on the system are worked out (`sys.platform`, `os.name`, `hasattr(os, ...)`, a module that could not be
imported), with `and`, `or`, `not`, an early `return` and the like; all others may hold or not. What stands in a `try`
that takes the AttributeError or ImportError is kept away as well.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from availability import MODULES, absent_modules, missing

TAKES = {"AttributeError": "attribute", "ImportError": "import", "ModuleNotFoundError": "import", "Exception": "both"}
USED = re.compile(rf"^\s*(import|from) ({'|'.join(MODULES)})\b", re.MULTILINE)
ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


_parsed = cache(ast.parse)  # once for all systems


@dataclass
class Walk:
    """One file as one system would run it; `found`: the line of each use, and what is used."""

    platform: str
    found: list[tuple[int, str]] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)  # what modules are called in this file
    _taken: list[str] = field(default_factory=list)  # errors that are taken where we are

    def file(self, source: str) -> list[tuple[int, str]]:
        """All uses in a file."""
        if not USED.search(source):
            return self.found
        tree = _parsed(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    self._names[alias.asname or top] = top
        self._body(tree.body)
        return self.found

    # ------------------------------------------------------------ statements
    def _body(self, body: Iterable[ast.stmt]) -> bool:
        """Whether what stands behind can be reached."""
        return all(self._statement(node) for node in body)

    def _statement(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.If):
            self._expression(node.test)
            holds = self._holds(node.test)
            first = self._body(node.body) if holds is not False else False
            second = self._body(node.orelse) if holds is not True else False
            return first or second
        if isinstance(node, ast.Try):
            self._taking([t for handler in node.handlers for t in _types(handler.type)], node.body)
            for handler in node.handlers:
                self._body(handler.body)
            self._body([*node.orelse, *node.finalbody])
            return True
        if isinstance(node, ast.With):
            for item in node.items:
                self._expression(item.context_expr)
            self._taking([t for item in node.items for t in _suppressed(item.context_expr)], node.body)
            return not any(isinstance(last, ENDS) for last in node.body[-1:])
        if isinstance(node, ast.Import):
            for alias in node.names:
                self._imported(alias.name.partition(".")[0], node.lineno)
            return True
        if isinstance(node, ast.ImportFrom):
            if not node.level and node.module in MODULES:
                self._imported(node.module, node.lineno)
                for alias in node.names:
                    self._used(node.module, alias.name, node.lineno)
            return True
        for name, value in ast.iter_fields(node):
            if name in ("body", "orelse", "finalbody") and isinstance(value, list):
                self._body(value)
            else:
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.match_case):
                        self._body(child.body)
                    elif isinstance(child, ast.AST):
                        self._expression(child)
        return not isinstance(node, ENDS)

    def _taking(self, types: list[str], body: Iterable[ast.stmt]) -> None:
        taken = [TAKES[name] for name in types if name in TAKES]
        self._taken += taken
        self._body(body)
        del self._taken[len(self._taken) - len(taken) :]

    # ------------------------------------------------------------ expressions
    def _expression(self, node: ast.AST) -> None:
        if isinstance(node, ast.IfExp):
            self._expression(node.test)
            holds = self._holds(node.test)
            if holds is not False:
                self._expression(node.body)
            if holds is not True:
                self._expression(node.orelse)
        elif isinstance(node, ast.BoolOp):
            ends = isinstance(node.op, ast.Or)
            for value in node.values:
                self._expression(value)
                if self._holds(value) is ends:
                    break
        else:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = self._names.get(node.value.id)
                if module in MODULES:
                    self._used(module, node.attr, node.lineno)
            for child in ast.iter_child_nodes(node):
                self._expression(child)

    def _used(self, module: str, name: str, line: int) -> None:
        if name in missing(module, self.platform) and not {"attribute", "both"} & set(self._taken):
            self.found.append((line, f"{module}.{name}"))

    def _imported(self, module: str, line: int) -> None:
        if module in absent_modules(self.platform) and not {"import", "both"} & set(self._taken):
            self.found.append((line, module))

    # ------------------------------------------------------------ conditions
    def _holds(self, test: ast.expr) -> bool | None:
        """Whether a condition holds on that system; None: it may or may not."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                held = self._holds(operand)
                return None if held is None else not held
            case ast.BoolOp(op=op, values=values):
                ends, held_all = isinstance(op, ast.Or), [self._holds(value) for value in values]
                return ends if ends in held_all else None if None in held_all else not ends
            case ast.Call(func=ast.Name(id="hasattr"), args=[ast.Name(id=name), ast.Constant(value=str(attribute))]):
                module = self._names.get(name)
                return False if module in MODULES and attribute in missing(module, self.platform) else None
            case ast.Call(func=ast.Attribute(value=value, attr="startswith"), args=[ast.Constant(value=str(start))]):
                said = self._known(value)
                return None if said is None else said.startswith(start)
            case ast.Compare(
                left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(None)]
            ):
                absent = self._names.get(name) in absent_modules(self.platform)
                return isinstance(op, ast.Is) if absent else None
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                said = self._known(left)
                if said is None:
                    return None
                wanted = ast.literal_eval(right)
                held = said in wanted if isinstance(op, ast.In | ast.NotIn) else said == wanted
                return held == isinstance(op, ast.In | ast.Eq)
        return None

    def _known(self, node: ast.expr) -> str | None:
        said = ast.unparse(node)
        return (
            self.platform
            if said == "sys.platform"
            else None
            if said != "os.name"
            else ("nt" if self.platform == "win32" else "posix")
        )


def _types(node: ast.expr | None) -> list[str]:
    if node is None:
        return ["Exception"]
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return [part.id for part in parts if isinstance(part, ast.Name) and hasattr(builtins, part.id)]


def _suppressed(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
        return [name for argument in node.args for name in _types(argument)]
    return []
