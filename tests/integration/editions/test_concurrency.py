"""Several publish the same text at once: no number is missing, none is there twice."""

import threading

import pytest
from django.db import connection

from foundation.audit.queries import events_of
from foundation.editions.queries import editions_of
from foundation.editions.services import publish
from tests.factories.organisation import make_user

THREADS = 4
EACH = 3


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_and_no_double():
    by = make_user()
    faults = []
    gate = threading.Barrier(THREADS)

    def work(name):
        try:
            gate.wait()
            for turn in range(EACH):
                publish(kind="form", key="complaint", body={"by": name, "turn": turn}, by=by)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(name,)) for name in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert faults == []
    total = THREADS * EACH
    assert sorted(edition.number for edition in editions_of("form", "complaint")) == [*range(1, total + 1)]
    assert [event.version for event in events_of("edition:form:complaint")] == [*range(1, total + 1)]
