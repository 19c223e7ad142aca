"""A table with a known rule in it and some noise, the same in every process."""

import numpy

COLUMNS = 20
PARAMETERS = {"objective": "binary:logistic", "max_depth": 5, "eta": 0.2, "tree_method": "hist", "seed": 7, "nthread": 1}


def table(rows, seed):
    random = numpy.random.default_rng(seed)
    values = random.normal(size=(rows, COLUMNS))
    score = values[:, 0] * values[:, 1] + numpy.sin(2 * values[:, 2]) + 0.5 * values[:, 3]
    labels = (score + 0.3 * random.normal(size=rows) > 0).astype(int)
    return values, labels


def training(rows):
    return table(rows, seed=1)


def held_out():
    return table(5_000, seed=2)
