"""What a training step costs with parts of the network frozen: python benchmarks/frozen.py"""

from statistics import median
from time import process_time

import torch

from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.train import GraphModule, Recipe
from mobilenetv2.train.freeze import freeze_layers
from mobilenetv2.train.optimizer import build_optimizer
from mobilenetv2.train.scratch import initial_weights

SIZE, BATCH, ROUNDS = (128, 128), 16, 7


def main() -> None:
    """Seconds of one core a step, the median of interleaved rounds."""
    torch.set_num_threads(1)
    graph = build(Spec(size=SIZE, head=Classifier(10)))
    images = torch.rand(BATCH, 3, *SIZE)
    runs = {}
    for part in ("none", "block6", "block12", "backbone"):
        module = GraphModule(graph, initial_weights(graph, 0))
        freeze_layers(module, part)
        runs[part] = (module.train(), build_optimizer(module, Recipe(), lambda _: False), [])
    for _ in range(ROUNDS):
        for module, optimizer, seconds in runs.values():
            started = process_time()
            optimizer.zero_grad()
            module(images)["logits"].logsumexp(1).mean().backward()
            optimizer.step()
            seconds.append(process_time() - started)
    for part, (_, _, seconds) in runs.items():
        print(f"freeze {part}: {median(seconds):.2f} s a step of {BATCH} pictures")


if __name__ == "__main__":
    main()
