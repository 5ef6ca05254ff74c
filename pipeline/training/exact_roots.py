"""Divide by square roots exactly: what a processor estimates 1/sqrt(x) to be is another number on each make of it."""

from typing import Any

# TensorFlow 2.21 takes RSQRTPS and one step of Newton's for 1/sqrt(x): the instruction leaves its last bits to those
# who make processors, and so Intel's and AMD's differ. Square root and division are exact everywhere (IEEE 754).
# Batch normalization asks for it in every layer. May go once TensorFlow's own is exact (test_exact_roots.py).


def hold() -> None:
    """Let TensorFlow's batch normalization, and Keras' operation of that name, take the exact one."""
    from keras.src.backend.tensorflow import math as of_keras
    from tensorflow.python.ops import math_ops

    math_ops.rsqrt = of_keras.rsqrt = inverse_root


def inverse_root(x: Any, name: str | None = None) -> Any:
    """1 / sqrt(x) of a tensor, inf of 0.

    Written so that TensorFlow's graphs are not rewritten: they make their own estimate of a plain quotient by a root.
    """
    import tensorflow as tf

    root = tf.sqrt(x)
    quotient = tf.math.divide_no_nan(tf.ones_like(root), root, name=name)
    return tf.where(tf.equal(root, 0), tf.constant(float("inf"), root.dtype), quotient)
