"""Every worker adds a one to the sum of all, and prints it."""
import tensorflow as tf

strategy = tf.distribute.MultiWorkerMirroredStrategy()


@tf.function
def total():
    add = lambda: tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tf.constant(1.0))
    return strategy.run(add)


print(f"{strategy.num_replicas_in_sync} workers, sum {total().numpy():g}", flush=True)
