import type { Template } from '@flow/core'

/** `flow init` lays it out: a flow, and the program that its ranks run. */
export const template: Template = {
  name: 'tensorflow',
  help: 'a model trained by MultiWorkerMirroredStrategy on two nodes',
  files: {
    'flow.ts': `import { current, Flow, type Inputs, pypi, step } from '@flow/core'
import { tensorflow } from '@flow/tensorflow'

export default class Train extends Flow {
  losses: unknown

  @step start() {
    this.next(this.train, { numParallel: 2 })
  }

  @pypi({ packages: { 'tensorflow-cpu': '2.21.0', 'tf-keras': '2.21.0' } })
  @tensorflow()
  @step
  async train() {
    const { output } = await current.tensorflow.run({ entrypoint: 'train.py', entrypointArgs: { epochs: 5 } })
    this.losses = output
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.losses = inputs[0].losses
    this.next(this.end)
  }

  @step end() {
    console.log('loss', this.losses)
  }
}
`,
    'train.py': `import argparse
import json
import os

import tensorflow as tf
import tf_keras as keras

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=5)
epochs = parser.parse_args().epochs

strategy = tf.distribute.MultiWorkerMirroredStrategy()
keras.utils.set_random_seed(0)
with strategy.scope():
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")

x = tf.random.stateless_normal((512, 4), seed=(1, 2))
y = x @ tf.constant([[1.0], [-2.0], [3.0], [0.5]])
options = tf.data.Options()
options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
data = tf.data.Dataset.from_tensor_slices((x, y)).batch(32).with_options(options)
losses = model.fit(data, epochs=epochs, verbose=0).history["loss"]

json.dump({"first": losses[0], "last": losses[-1]}, open(os.environ["FLOW_OUTPUT"], "w"))
`,
  },
}
