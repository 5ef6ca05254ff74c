"""The best model of a topic is the one with the lowest validation objective as it was saved."""

from pipeline.training import best_run


def run(variant="a", seed=0, values=(0.5, 0.3, 0.4), data="toy", status="finished", **fit):
    history = [{"epoch": at + 1, "cross_entropy": 0.1, "val_cross_entropy": value} for at, value in enumerate(values)]
    model = "prior" if variant == "prior" else "mlp"
    settings = {"data": data, "model": model, "task": "classify", "fit": {"patience": None, **fit}}
    return {"variant": variant, "seed": seed, "settings": settings, "status": status, "history": history, "outputs": 3}


def test_the_lowest_objective_of_the_saved_models_wins():
    last, early = run("a", values=(0.1, 0.4)), run("b", values=(0.9, 0.3))
    assert best_run.best([last, early]) is early, "without patience the last epoch is what is saved"
    stopped = run("c", values=(0.5, 0.2, 0.6), patience=1)
    assert best_run.best([last, early, stopped]) is stopped and best_run.reached(stopped) == 0.2


def test_only_finished_runs_on_the_data_of_most_variants():
    runs = [run("a", values=(0.5,)), run("a", 1, values=(0.4,)), run("b", values=(0.6,))]
    runs += [run("c", seed, values=(0.1,), data="other") for seed in range(6)]
    runs += [run("d", values=(0.0,), status="diverged"), run("e", values=(float("nan"),))]
    assert best_run.best(runs) is runs[1]


def test_nothing_is_the_best_without_an_objective():
    samples = run() | {"history": [{"epoch": 1, "d_loss": 1.0}]}
    assert best_run.best([samples]) is None and best_run.best([]) is None


def test_one_answer_for_all_is_no_candidate_and_told_where_it_did_no_worse():
    network, other = run("a", values=(0.3,)), run("b", values=(0.31,))
    for value, beaten in ((0.2, True), (0.3, True), (0.4, False)):
        constant = run("prior", values=(value,))
        assert best_run.best([constant, network, other]) is network
        assert best_run.beaten_by(network, [constant, network, other]) is (constant if beaten else None)
    assert best_run.best([constant]) is constant and best_run.beaten_by(constant, [constant]) is None
    assert best_run.beaten_by(network, [run("prior", values=(0.1,), data="other"), network]) is None
