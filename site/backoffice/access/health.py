"""``/healthz``: the process answers. ``/readyz``: it can do its work; why not is told to whoever may know."""

from __future__ import annotations

import datetime
import importlib
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from backoffice.access.lockout import client_address
from backoffice.access.roles import roles_on
from backoffice.access.table import ADMINISTRATOR
from forms.files import scanning
from foundation.audit import guards
from foundation.audit.exceptions import MasterKeyInvalid
from foundation.audit.keys import assert_opens

WORKER_SILENT_AFTER = datetime.timedelta(minutes=5)


@dataclass(frozen=True)
class Finding:
    """One thing looked at. A warning (``needed`` false) does not keep the server from its work."""

    name: str
    ok: bool
    detail: str = ""
    needed: bool = True


def database() -> Finding:
    """Does the database answer?"""
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError as error:
        return Finding("database", ok=False, detail=type(error).__name__)
    return Finding("database", ok=True)


def migrations() -> Finding:
    """Is every migration applied?"""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _backwards in waiting)
    return Finding(
        "migrations", ok=not waiting, detail=f"Run: manage.py migrate ({names})" if waiting else ""
    )


def keys() -> Finding:
    """Does the master key open what was recorded?"""
    try:
        assert_opens()
    except MasterKeyInvalid as wrong:
        return Finding("master key", ok=False, detail=str(wrong))
    return Finding("master key", ok=True)


def audit_guards() -> Finding:
    """Does the database protect the record?"""
    missing = guards.missing()
    return Finding("audit guards", ok=not missing, detail=", ".join(missing))


def worker() -> Finding:
    """Has the worker been seen lately? Effects wait without it; pages do not."""
    try:
        queries = importlib.import_module("foundation.outbox.queries")
    except ModuleNotFoundError:
        return Finding("worker", ok=True, detail="not asked", needed=False)
    seen = queries.worker_seen_at()
    if seen is None:
        return Finding("worker", ok=False, detail="never seen; start: manage.py worker", needed=False)
    silent = timezone.now() - seen > WORKER_SILENT_AFTER
    return Finding("worker", ok=not silent, detail=f"seen {seen.isoformat()}", needed=False)


def rounds() -> Finding:
    """Does the work that comes round by the clock go well?"""
    from foundation.outbox.rounds import troubled

    told = troubled()
    return Finding("rounds", ok=not told, detail="; ".join(told), needed=False)


def deliveries() -> Finding:
    """Did every mail and every message of a robot go out, or is it still tried?"""
    from foundation.notifying.deliveries import given_up

    count = given_up()
    detail = f"{count} given up; look at Administration, Notifications, Deliveries" if count else ""
    return Finding("deliveries", ok=not count, detail=detail, needed=False)


def words_of_cases() -> Finding:
    """Are cases from before the last update found by their words, or is the worker still at it?"""
    from workflows.services.word_renewal import COUNTED, remaining

    count = remaining()
    many = f"{count:,}{' or more' if count == COUNTED else ''}"
    detail = f"{many} cases still to be gone through by the worker; searches find them later" if count else ""
    return Finding("words of cases", ok=not count, detail=detail, needed=False)


def documents() -> Finding:
    """Are the system libraries for PDFs there?"""
    from backoffice.exports import libraries

    packages = libraries.missing()
    return Finding("pdf libraries", ok=not packages, detail=", ".join(packages), needed=False)


def scanner() -> Finding:
    """Does the virus scanner answer, where one is set? Files wait for it; pages do not."""
    wrong = scanning.trouble()
    if wrong:
        return Finding("virus scanner", ok=False, detail=wrong, needed=False)
    return Finding(
        "virus scanner", ok=True, detail="" if settings.FILES_SCANNER else "none set", needed=False
    )


CHECKS: tuple[Callable[[], Finding], ...] = (
    migrations,
    keys,
    audit_guards,
    worker,
    rounds,
    deliveries,
    words_of_cases,
    documents,
    scanner,
)


def findings() -> list[Finding]:
    """Return what was found; without a database nothing further is asked."""
    first = database()
    if not first.ok:
        return [first]
    return [first, *(check() for check in CHECKS)]


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say ok."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say 200 or 503; the findings to the machine itself and to an administrator."""
    found = findings()
    ready = all(finding.ok for finding in found if finding.needed)
    answer: dict[str, object] = {"ready": ready}
    if _may_know(request, database_answers=found[0].ok):
        answer["findings"] = [vars(finding) for finding in found]
    return JsonResponse(answer, status=200 if ready else 503)


def _may_know(request: HttpRequest, *, database_answers: bool) -> bool:
    if "HTTP_X_FORWARDED_FOR" not in request.META and client_address(request) in {"127.0.0.1", "::1"}:
        return True
    return database_answers and ADMINISTRATOR in roles_on(request)
