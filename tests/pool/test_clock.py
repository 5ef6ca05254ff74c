"""The clock of work goes on in ticks: sleep between two of them counts as one second at most."""

from pipeline.pool import clock


def test_a_long_tick_counts_as_one_second(monkeypatch):
    now = 100.0
    monkeypatch.setattr(clock.time, "monotonic", lambda: now)
    work = clock.WorkClock()
    for step in (0.5, 0.25, 3600.0, 0.25):
        now += step
        work.tick()
    assert work.seconds == 2.0
