"""Trains on all nodes: each worker has its part of the rows, and XGBoost adds up what they see in every round."""

import json
import os
import tempfile

import ray
import ray.train
import xgboost
from ray.train.xgboost import RayTrainReportCallback, XGBoostTrainer

import data


def work(config):
    context = ray.train.get_context()
    rank, size = context.get_world_rank(), context.get_world_size()
    values, labels = data.training(config["rows"])
    part = xgboost.DMatrix(values[rank::size], labels[rank::size])
    address = ray.util.get_node_ip_address()
    print(f"worker {rank} of {size} on {address}: {part.num_row()} rows", flush=True)
    losses = {}
    model = xgboost.train(
        data.PARAMETERS, part, config["rounds"], evals=[(part, "train")], evals_result=losses, verbose_eval=False
    )
    # Once, at the end: Ray Train collects reports every two seconds, and a round takes less than a tenth of that.
    with tempfile.TemporaryDirectory() as folder:
        model.save_model(os.path.join(folder, RayTrainReportCallback.CHECKPOINT_NAME))
        checkpoint = ray.train.Checkpoint.from_directory(folder) if rank == 0 else None
        ray.train.report({"loss": losses["train"]["logloss"][-1]}, checkpoint=checkpoint)


given = json.load(open(os.environ["FLOW_INPUT"]))
ray.init()
trainer = XGBoostTrainer(
    work,
    train_loop_config=given,
    # A worker on each node.
    scaling_config=ray.train.ScalingConfig(
        num_workers=given["workers"], resources_per_worker={"CPU": 1}, placement_strategy="STRICT_SPREAD"
    ),
    run_config=ray.train.RunConfig(name="xgboost", storage_path=os.environ["FLOW_RAY_STORAGE_PATH"]),
)
result = trainer.fit()
model = RayTrainReportCallback.get_model(result.checkpoint)
model.save_model("model.json")
json.dump({"loss": result.metrics["loss"]}, open(os.environ["FLOW_OUTPUT"], "w"))
