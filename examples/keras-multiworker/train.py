"""Trains a small network by MultiWorkerMirroredStrategy. A plain program for TF_CONFIG: it knows nothing of Flow."""

import argparse
import hashlib
import json

import numpy as np
import tensorflow as tf
import tf_keras as keras  # Keras 3 does not train under this strategy.

SIZE = 12
SHAPES = 3
BATCH = 64

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=3)
epochs = parser.parse_args().epochs


def pictures(count, seed):
    """Noisy pictures of a frame, a cross or a disc, at random places."""
    random = np.random.default_rng(seed)
    labels = random.integers(SHAPES, size=count)
    y, x = np.mgrid[:SIZE, :SIZE]
    images = np.empty((count, SIZE, SIZE, 1), np.float32)
    for image, label in zip(images, labels):
        dy, dx = y - random.integers(4, 8), x - random.integers(4, 8)
        distance = np.maximum(abs(dy), abs(dx))
        shape = [distance == 3, (distance <= 3) & ((dy == 0) | (dx == 0)), dy**2 + dx**2 <= 9][label]
        image[..., 0] = shape + random.normal(0, 0.3, (SIZE, SIZE))
    return images, labels


strategy = tf.distribute.MultiWorkerMirroredStrategy()
keras.utils.set_random_seed(0)
with strategy.scope():
    model = keras.Sequential(
        [
            keras.layers.Input((SIZE, SIZE, 1)),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.MaxPool2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(SHAPES),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(3e-3), loss=loss, metrics=["accuracy"])

# Each worker gets its own part of every batch.
data = tf.data.Dataset.from_tensor_slices(pictures(4096, seed=1)).batch(BATCH)
options = tf.data.Options()
options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
history = model.fit(data.with_options(options), epochs=epochs, verbose=2)

# On its own, without the strategy: what this worker has learnt.
images, labels = pictures(512, seed=2)
weights = model.get_weights()
alone = keras.models.clone_model(model)
alone.set_weights(weights)
accuracy = float(np.mean(np.argmax(alone(images), axis=1) == labels))
digest = hashlib.sha256(b"".join(weight.tobytes() for weight in weights)).hexdigest()

task = strategy.cluster_resolver.task_id
print(f"worker {task} of {strategy.num_replicas_in_sync}: accuracy {accuracy:.3f}", flush=True)
if task == 0:
    alone.save("model.keras")
with open("trained.json", "w") as file:
    json.dump({"losses": history.history["loss"], "accuracy": accuracy, "weights": digest}, file)
