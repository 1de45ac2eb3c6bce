"""A kind is one file: drop a module into a folder and the class in it is found by scanning the folder."""

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any, TypeVar

T = TypeVar("T")


def scan(package: ModuleType, base: type[T]) -> dict[str, type[T]]:
    """Every concrete subclass of `base` defined in a module of `package`, by its `name`, in the order of names.

    Raises TypeError when a module holds no such class or when two share a name: a kind nobody can
    reach is a mistake that should stop the start, not wait for a customer.
    """
    found: dict[str, type[T]] = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        kinds = [kind for kind in vars(module).values() if _is_kind(kind, base, module)]
        if not kinds and not module_info.name.startswith("_"):
            raise TypeError(f"{module.__name__} holds no kind of {base.__name__}")
        for kind in kinds:
            if kind.name in found:
                raise TypeError(f"{kind.name!r} is declared by {found[kind.name].__module__} and {module.__name__}")
            found[kind.name] = kind
    return dict(sorted(found.items()))


def _is_kind(candidate: Any, base: type, module: ModuleType) -> bool:
    return (
        inspect.isclass(candidate)
        and issubclass(candidate, base)
        and candidate.__module__ == module.__name__
        and not inspect.isabstract(candidate)
    )
