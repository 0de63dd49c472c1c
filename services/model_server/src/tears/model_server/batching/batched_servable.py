"""A servable that computes requests together: the rows of several requests become one batch of the model."""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from tears.model_server.batching.batch_rows import added_bytes, merge_rows, row_count, split_rows
from tears.model_server.batching.batch_scheduler import BatchQueue, BatchScheduler
from tears.model_server.batching.batching_parameters import PER_MODEL_FILE, BatchingOptions, read_batching_file
from tears.model_server.engines.servable import Arrays, Loader, Servable
from tears.model_server.errors import DeadlineError, ModelServerError
from tears.model_server.wire.signatures import Signature
from tears.model_server.wire.tensors import Array

logger = logging.getLogger(__name__)

# The most bytes with which a batch may be filled up: as much as one request may have.
MAX_ADDED_BYTES: Final = 64 * 1024 * 1024


@dataclass(eq=False, slots=True)
class _WaitingRequest:
    """One request, or a part of one, that waits to be computed."""

    inputs: Arrays
    outputs: Sequence[str]
    size: int
    results: Future[dict[str, Array]] = field(default_factory=Future)
    is_given_up: bool = False


class BatchedServable:
    """Gather the requests of each signature of another servable into batches.

    A signature whose inputs or outputs have no open first size cannot be batched, so its requests run one by one.
    """

    def __init__(self, inner: Servable, scheduler: BatchScheduler, options: BatchingOptions) -> None:
        """Wrap `inner`, which is closed with this; all models share the scheduler."""
        self.signatures = inner.signatures
        self._inner = inner
        self._options = options
        self._queues: dict[str, BatchQueue[_WaitingRequest]] = {}
        for name, signature in inner.signatures.items():
            if _is_batchable(signature):
                self._queues[name] = scheduler.add_queue(options, partial(self._process, name))
            else:
                logger.info("signature %s is not batched: not all of its tensors have an open first size", name)

    def run(
        self, signature_name: str, inputs: Arrays, outputs: Sequence[str], *, timeout_seconds: float | None = None
    ) -> dict[str, Array]:
        """Compute the named outputs as `Servable.run` says.

        Raises:
            InvalidArgumentError: The inputs differ in their first size, or it is too large.
            QueueFullError: Too many requests wait.
        """
        queue = self._queues.get(signature_name)
        size = row_count(inputs) if queue else 0
        if queue is None or not size:
            return self._inner.run(signature_name, inputs, outputs, timeout_seconds=timeout_seconds)
        parts = self._parts(inputs, outputs, size)
        try:
            for part in parts:
                queue.submit(part)
            return _wait_for(parts, timeout_seconds)
        finally:
            for part in parts:
                part.is_given_up = True
                if not part.results.done():
                    queue.withdraw(part)

    def close(self) -> None:
        """Close the queues and the inner servable."""
        for queue in self._queues.values():
            queue.close()
        self._inner.close()

    def _parts(self, inputs: Arrays, outputs: Sequence[str], size: int) -> list[_WaitingRequest]:
        """Return the request as it waits in the queue: in parts if it is large and large ones are split, else whole."""
        step = self._options.max_execution_batch_size
        if not self._options.splits_large or not step < size <= self._options.max_batch_size:
            return [_WaitingRequest(inputs, outputs, size)]
        return [
            _WaitingRequest(
                {alias: array[at : at + step] for alias, array in inputs.items()}, outputs, min(step, size - at)
            )
            for at in range(0, size, step)
        ]

    def _process(self, signature_name: str, requests: list[_WaitingRequest]) -> None:
        """Compute a batch. If it fails, try each request alone, so that no request fails because of another."""
        waiting = [request for request in requests if not request.is_given_up]
        for group in _groups(waiting, pads=self._options.pads_variable_length):
            try:
                self._compute(signature_name, group)
            except Exception as error:  # noqa: BLE001 - every waiting request must get an answer
                if len(group) == 1 or not isinstance(error, ModelServerError):
                    for request in group:
                        if not request.results.done():
                            request.results.set_exception(error)
                    continue
                for request in group:
                    self._process(signature_name, [request])

    def _compute(self, signature_name: str, group: Sequence[_WaitingRequest]) -> None:
        sizes, pads = [request.size for request in group], self._options.pads_variable_length
        total = self._options.allowed_size(sum(sizes))
        inputs = [request.inputs for request in group]
        if added_bytes(inputs, total, pads=pads) > MAX_ADDED_BYTES:
            # No request was admitted with that much memory. Each is computed alone, which needs no padding.
            if len(group) > 1:
                for request in group:
                    self._process(signature_name, [request])
                return
            total = group[0].size
        merged = merge_rows(inputs, total, pads=pads)
        wanted = list(dict.fromkeys(alias for request in group for alias in request.outputs))
        results = self._inner.run(signature_name, merged, wanted)
        for request, parts in zip(group, split_rows(results, sizes, total), strict=True):
            request.results.set_result({alias: parts[alias] for alias in request.outputs})


def batched(load: Loader, options: BatchingOptions, *, per_model: bool = False) -> Loader:
    """Return a loader whose versions batch requests; all of them share one set of threads.

    With `per_model`, `batching_params.pbtxt` in a version's folder replaces the options, and a version without that
    file is not batched.
    """
    scheduler = BatchScheduler(options.threads)

    def load_batched(folder: Path) -> Servable:
        servable = load(folder)
        if not per_model:
            return BatchedServable(servable, scheduler, options)
        path = folder / PER_MODEL_FILE
        return BatchedServable(servable, scheduler, read_batching_file(path)) if path.exists() else servable

    return load_batched


def _wait_for(parts: Sequence[_WaitingRequest], timeout_seconds: float | None) -> dict[str, Array]:
    """Wait for all parts of a request, and return their results joined."""
    deadline_seconds = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    done = []
    for part in parts:
        try:
            done.append(part.results.result(None if deadline_seconds is None else deadline_seconds - time.monotonic()))
        except TimeoutError:
            raise DeadlineError("Run() timeout exceeded while waiting in batching queue") from None
    if len(done) == 1:
        return done[0]
    return {alias: np.concatenate([results[alias] for results in done]) for alias in parts[0].outputs}


def _is_batchable(signature: Signature) -> bool:
    """Return whether all tensors have an open first size."""
    tensors = [*signature.inputs.values(), *signature.outputs.values()]
    return bool(signature.inputs) and all(spec.shape is None or spec.shape[:1] == (-1,) for spec in tensors)


def _groups(requests: Sequence[_WaitingRequest], *, pads: bool) -> list[list[_WaitingRequest]]:
    """Group the requests that can form one batch: with padding those of the same ranks, else of the same shapes."""
    groups: dict[object, list[_WaitingRequest]] = {}
    for request in requests:
        shapes = tuple((alias, array.shape[1:]) for alias, array in request.inputs.items())
        ranks = tuple((alias, array.ndim) for alias, array in request.inputs.items())
        groups.setdefault(ranks if pads else shapes, []).append(request)
    return list(groups.values())
