"""Comparing a pack with the database, applying it, writing one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from foundation.editions.exceptions import EditionError
from foundation.organisation.exceptions import OrganisationError
from foundation.organisation.models import User
from foundation.packs.exceptions import PackError, PackFault, PackFileFault, PackMissing
from foundation.packs.reading import PackFile, written
from foundation.packs.registry import Finishing, Loader, PlannedChange, loaders

PACKS = Path(__file__).resolve().parent
SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Report:
    """What a pack changes, item by item, which of its files nobody reads, and what one should know besides."""

    items: tuple[PlannedChange, ...]
    unread: tuple[PurePosixPath, ...]
    remarks: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[PlannedChange, ...]:
        """Return the items that are not as the pack says."""
        return tuple(item for item in self.items if item.action != "unchanged")


def find_pack(name: str) -> Path:
    """Return the folder of the pack: at this path, or else ours of this name. Raises ``PackMissing``."""
    for folder in (Path(name), PACKS / name if name.isidentifier() else Path(name)):
        if folder.is_dir() and any(_files(folder)):
            return folder
    raise PackMissing(name)


def apply_pack(folder: Path, *, by: User, dry_run: bool = False) -> Report:
    """Bring the database to what the pack says, and return what was changed. A second time nothing is.

    One transaction: after a fault nothing has changed, and with ``dry_run`` it is taken back at the end,
    so that later files are still judged on top of earlier ones. What the pack does not name stays as it is.

    Raises ``PackFileFault`` with file and line.
    """
    known = loaders()
    items: list[PlannedChange] = []
    unread: list[PurePosixPath] = []
    remarks: list[str] = []
    with transaction.atomic():
        places: dict[str, list[PurePosixPath]] = {place: [] for place in known}
        for path in _files(folder):
            places.get(_place(path), unread).append(path)
        for place, loader in known.items():
            fresh: dict[PurePosixPath, PackFile] = {}
            for path in places[place]:
                file = PackFile(folder / path)
                planned = _apply_file(loader, file, path, by=by)
                items.extend(planned)
                if any(item.action != "unchanged" for item in planned):
                    fresh[path] = file
            if fresh and isinstance(loader, Finishing):
                remarks.extend(_finish(loader, fresh, by=by))
        transaction.set_rollback(dry_run)
    return Report(tuple(items), tuple(unread), tuple(remarks))


def export_pack(folder: Path) -> list[PurePosixPath]:
    """Write the present state into ``folder`` as a pack, over files of the same name; return the files."""
    files: list[PurePosixPath] = []
    for loader in loaders().values():
        for name, data in loader.export():
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                raise PackError(_("A file of a pack lies inside it: %(name)s does not.") % {"name": name})
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(written(data), encoding="utf-8")
            files.append(path)
    return files


def _finish(loader: Finishing, fresh: Mapping[PurePosixPath, PackFile], *, by: User) -> list[str]:
    try:
        return list(loader.finish({path: file.data for path, file in fresh.items()}, by=by))
    except PackFault as fault:
        file = fresh[fault.path] if fault.path is not None else next(iter(fresh.values()))
        raise PackFileFault(file.path, file.line_of(fault.at), fault.message) from fault


def _apply_file(loader: Loader, file: PackFile, path: PurePosixPath, *, by: User) -> list[PlannedChange]:
    try:
        planned = loader.plan(path, file.data, by=by)
        if any(item.action != "unchanged" for item in planned):
            loader.apply(path, file.data, by=by)
    except PackFault as fault:
        raise PackFileFault(file.path, file.line_of(fault.at), fault.message) from fault
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise PackFileFault(file.path, file.line_of(first["loc"]), f"{where}: {first['msg']}") from fault
    except (EditionError, OrganisationError) as fault:
        raise PackFileFault(file.path, 1, str(fault)) from fault
    return planned


def _files(folder: Path) -> Iterable[PurePosixPath]:
    """Return the YAML files of the pack, sorted, from the folder and the folders in it."""
    paths = [*folder.glob("*.y*ml"), *folder.glob("*/*.y*ml")]
    return sorted(PurePosixPath(path.relative_to(folder)) for path in paths if path.suffix in SUFFIXES)


def _place(path: PurePosixPath) -> str:
    return path.parts[0] if len(path.parts) > 1 else path.stem
