"""wxtrace switched off, and `start` called again."""

from __future__ import annotations

import pytest
from survival_kit import serving, until
from survival_ledger import rows

import wxtrace
from wxtrace.capture.recorder import recorder

OFF = [{"WXTRACE_DISABLED": "1"}, {"OTEL_SDK_DISABLED": "true"}]


@pytest.mark.parametrize("switch", OFF, ids=["wxtrace", "otel"])
def test_switched_off_nothing_is_opened_and_everything_works(tmp_path, switch):
    """
    Every push is answered, every layer is passed, and there is no file.
    """
    store = tmp_path / "store"
    with serving(store, SEALER="1", **switch) as server:
        replies = server.crowd([f"o{number}" for number in range(20)])
        until(lambda: 20 == len(server.ledger.openids("done")))

    assert {200: 20} == replies
    assert 120 == len(server.ledger.told("log"))
    assert not store.exists()


@pytest.mark.parametrize("switch", [{"WXTRACE_DISABLED": "0"}, {"OTEL_SDK_DISABLED": "false"}], ids=["0", "false"])
def test_a_switch_that_says_no_changes_nothing(tmp_path, switch):
    """
    `WXTRACE_DISABLED=0` and `OTEL_SDK_DISABLED=false` do not switch off.
    """
    with serving(tmp_path / "store", **switch) as server:
        server.push("oA")
        until(lambda: server.ledger.openids("done"))

        assert {"oA"} == {row.openid for row in rows(tmp_path / "store").spans}


def test_start_again_with_the_same_says_nothing(started, caplog):
    """
    An app that is made twice starts twice, and nobody minds.
    """
    sink = recorder.opened()
    wxtrace.start(service="one", store=started, sealer=False)

    assert [] == caplog.records
    assert sink is recorder.sink


def test_start_again_with_others_warns_once_and_changes_nothing(started, caplog):
    """
    The first call counts, and the second is told so, in one warning.
    """
    sink = recorder.opened()
    wxtrace.start(service="two", store=started, sealer=False)

    assert ["WARNING"] == [record.levelname for record in caplog.records]
    assert "the first call counts" in caplog.text
    assert sink is recorder.sink


@pytest.fixture(name="started")
def _started(tmp_path):
    wxtrace.start(service="one", store=tmp_path / "store", sealer=False)
    yield tmp_path / "store"
    wxtrace.stop()
