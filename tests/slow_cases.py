"""Cases that `make test` leaves out, as a quicker one beside each tells nearly as much; and files that begin first."""

FIRST = (  # the longest: a worker that begins one last would work on alone
    "tests/test_pipeline.py",
    "tests/situations/test_situations.py",
    "tests/test_main.py",
    "tests/models/test_recurrent.py",
    "tests/tasks/test_tasks_at_once.py",
)
_AT_ONCE = "tests/tasks/test_tasks_at_once.py::test_the_same_seed_gives_the_same_bytes_alone_resumed_and_traced_before"
_RECURRENT = "tests/models/test_recurrent.py::test_"
_GAN = "tests/models/test_gan.py::test_"
_PAIRS = "tests/models/test_encoder_decoder.py::test_"
_LAYERS = "tests/test_course_layers.py::test_"
SLOW = {
    *(f"{_AT_ONCE}[{case}]" for case in ("classify_at_once-prior", "regress_at_once-prior")),
    f"{_AT_ONCE}[regress_at_once-boosted_trees]",
    "tests/training/test_compiled_cache.py::test_numbers_are_those_of_runs_traced_one_by_one[watched gradients]",
    "tests/tasks/test_generate.py::test_a_fit_is_recorded_kept_and_resumed_to_the_bit",
    "tests/mlflow_sync/test_tracking_store.py::test_eight_processes_may_create_at_once",
    "tests/mlflow_sync/test_address.py::test_a_project_in_a_folder_of_any_name_has_its_database_inside[a?b]",
    "tests/operations/test_dvc_files.py::test_any_cut_of_the_file_that_was_kept_mends_itself",
    f"{_RECURRENT}masked_steps_change_nothing[4]",
    *(f"{_RECURRENT}parameters_choose_the_nearest_units[{cell}]" for cell in ("irnn", "lstm", "plain")),
    *(f"{_RECURRENT}outputs_follow_the_equations[{case}]" for case in ("gru-4", "irnn-4", "plain-4", "irnn-None")),
    f"{_RECURRENT}truncation_stops_the_gradient_and_nothing_else[all]",
    f"{_GAN}trackers_start_anew_each_epoch",
    f"{_GAN}resumed_is_uninterrupted_to_the_bit[alternating-6]",
    f"{_GAN}noise_may_be_uniform[convolutional]",
    f"{_GAN}a_blind_discriminator_is_at_equilibrium[alternating]",
    f"{_GAN}in_the_head_start_only_the_discriminator_trains[alternating]",
    f"{_GAN}both_optimizers_take_every_step[alternating]",
    *(f"{_PAIRS}cells_are_compared_at_equal_parameters[16000-{cell}]" for cell in ("plain", "lstm", "gru")),
    f"{_PAIRS}it_saves_and_loads_alike[lstm]",
    f"{_LAYERS}a_sigmoid_layer_passes_on_at_most_a_quarter_times_the_norm_of_its_weights[0.1]",
    f"{_LAYERS}a_sigmoid_layer_passes_on_at_most_a_quarter_times_the_norm_of_its_weights[10.0]",
    f"{_LAYERS}a_network_is_layer_after_layer_each_with_its_activation[sigmoid]",
    *(
        f"tests/topics/test_activations.py::test_a_gain_multiplies_the_kernels_that_keras_draws[{initializer}]"
        for initializer in ("glorot_uniform", "lecun_normal")
    ),
    "tests/tasks/test_classify_moved.py::test_what_is_saved_answers_with_probabilities_by_share[0.0]",
    "tests/sweeps/test_runs.py::test_stopped_anywhere_it_goes_on[4]",
    "tests/test_notebook.py::test_the_same_seed_gives_the_same_history",
}
