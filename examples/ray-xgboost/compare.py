"""Trains in one process, and asks both models about rows that neither has seen. Prints their accuracies as JSON."""

import json
import sys

import xgboost

import data

rows, rounds, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
alone = xgboost.train(data.PARAMETERS, xgboost.DMatrix(*data.training(rows)), rounds)
together = xgboost.Booster(model_file=path)
values, labels = data.held_out()


def accuracy(model):
    return float(((model.predict(xgboost.DMatrix(values)) > 0.5) == labels).mean())


print(json.dumps({"alone": accuracy(alone), "together": accuracy(together)}))
