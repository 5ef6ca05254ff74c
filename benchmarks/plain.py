"""What a user would write without this project: one process, one run, Keras' fit, MLflow's autolog."""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import mlflow
import numpy as np

training, validation = np.load(sys.argv[1]), np.load(sys.argv[2])
keras.utils.set_random_seed(int(sys.argv[3]))
mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.keras.autolog()
model = keras.Sequential(
    [
        keras.Input(training["x"].shape[1:]),
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(10),
    ]
)
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
held_out = (validation["x"], validation["y"])
model.fit(training["x"], training["y"], batch_size=32, epochs=40, validation_data=held_out, verbose=0)
