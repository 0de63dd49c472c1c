"""A servable whose requests are computed together: rows of several requests become one batch of the model."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from tears.model_server.batching.batch_rows import added_bytes, merge, rows_of, split
from tears.model_server.batching.batch_scheduler import BatchQueue, BatchScheduler
from tears.model_server.batching.batching_parameters import PER_MODEL_FILE, Batching, read_batching_file
from tears.model_server.engines.servable import Servable
from tears.model_server.errors import DeadlineError, ModelServerError
from tears.model_server.wire.signatures import Signature, TensorSpec
from tears.model_server.wire.tensors import Array

logger = logging.getLogger(__name__)

# What a batch may be filled up with: as much as one request may bring.
MAX_ADDED_BYTES: Final = 64 * 1024 * 1024


class _Request:
    """One request, or a part of one, waiting to be computed."""

    def __init__(self, inputs: Mapping[str, Array], outputs: Sequence[str], size: int) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.size = size
        self.results: dict[str, Array] = {}
        self.error: Exception | None = None
        self.is_done = threading.Event()
        self.is_given_up = False

    def answer(self, results: Mapping[str, Array]) -> None:
        self.results = {alias: results[alias] for alias in self.outputs}
        self.is_done.set()

    def fail(self, error: Exception) -> None:
        self.error = error
        self.is_done.set()


class BatchingServable:
    """Gathers the requests of each signature of another servable.

    A signature whose inputs or outputs have no open first size cannot be batched, and is run as it comes.
    """

    def __init__(self, inner: Servable, scheduler: BatchScheduler, batching: Batching) -> None:
        """`inner` is closed with it; the scheduler is everybody's."""
        self._inner = inner
        self._batching = batching
        self._queues: dict[str, BatchQueue[_Request]] = {}
        for name, signature in inner.signatures.items():
            if _is_batchable(signature):
                self._queues[name] = scheduler.add_queue(batching, partial(self._process, name))
            else:
                logger.info("signature %s is not batched: not all of its tensors have an open first size", name)

    @property
    def signatures(self) -> Mapping[str, Signature]:
        """Those of the inner servable."""
        return self._inner.signatures

    def run(
        self,
        signature_name: str,
        inputs: Mapping[str, Array],
        outputs: Sequence[str],
        *,
        timeout_seconds: float | None = None,
    ) -> dict[str, Array]:
        """See `Servable.run`.

        Raises:
            InvalidArgumentError: Besides its own causes: the inputs differ in their first size, or it is too great.
            QueueFullError: Too many requests wait.
        """
        queue = self._queues.get(signature_name)
        size = rows_of(inputs) if queue else 0
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
                if not part.is_done.is_set():
                    queue.withdraw(part)

    def close(self) -> None:
        """See `Servable.close`."""
        for queue in self._queues.values():
            queue.close()
        self._inner.close()

    def _parts(self, inputs: Mapping[str, Array], outputs: Sequence[str], size: int) -> list[_Request]:
        """The request as it waits in the queue: whole, or, where large ones are split, in parts."""
        step = self._batching.max_execution_batch_size
        if not self._batching.splits_large or not step < size <= self._batching.max_batch_size:
            return [_Request(inputs, outputs, size)]
        return [
            _Request({alias: array[at : at + step] for alias, array in inputs.items()}, outputs, min(step, size - at))
            for at in range(0, size, step)
        ]

    def _process(self, signature_name: str, requests: list[_Request]) -> None:
        """Computes a batch. Where it fails, each request is tried alone: nobody pays for a neighbour."""
        waiting = [request for request in requests if not request.is_given_up]
        for group in _groups(waiting, pads=self._batching.pads_variable_length):
            try:
                self._compute(signature_name, group)
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must be told
                if len(group) == 1 or not isinstance(error, ModelServerError):
                    for request in group:
                        request.fail(error)
                    continue
                for request in group:
                    self._process(signature_name, [request])

    def _compute(self, signature_name: str, group: Sequence[_Request]) -> None:
        sizes, pads = [request.size for request in group], self._batching.pads_variable_length
        total = self._batching.allowed_size(sum(sizes))
        inputs = [request.inputs for request in group]
        if added_bytes(inputs, total, pads=pads) > MAX_ADDED_BYTES:
            # Nobody has been counted for that much. Each is computed as it came: alone, nothing has to be padded.
            if len(group) > 1:
                for request in group:
                    self._process(signature_name, [request])
                return
            total = group[0].size
        merged = merge(inputs, total, pads=pads)
        wanted = list(dict.fromkeys(alias for request in group for alias in request.outputs))
        results = self._inner.run(signature_name, merged, wanted)
        for request, parts in zip(group, split(results, sizes, total), strict=True):
            request.answer(parts)


def batching_wrapper(batching: Batching, *, per_model: bool = False) -> Callable[[Path, Servable], Servable]:
    """What `version_loader` wraps servables with; all of them share one set of threads.

    Args:
        batching: For every model.
        per_model: Whether instead `batching_params.pbtxt` in a version's folder decides; a version without that file
            is not batched then.
    """
    scheduler = BatchScheduler(batching.threads)

    def wrap(folder: Path, servable: Servable) -> Servable:
        if not per_model:
            return BatchingServable(servable, scheduler, batching)
        path = folder / PER_MODEL_FILE
        return BatchingServable(servable, scheduler, read_batching_file(path)) if path.exists() else servable

    return wrap


def _wait_for(parts: Sequence[_Request], timeout_seconds: float | None) -> dict[str, Array]:
    """The results of all parts of a request, end to end."""
    deadline_seconds = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    for part in parts:
        if not part.is_done.wait(None if deadline_seconds is None else deadline_seconds - time.monotonic()):
            raise DeadlineError("Run() timeout exceeded while waiting in batching queue")
        if part.error is not None:
            raise part.error
    if len(parts) == 1:
        return parts[0].results
    return {alias: np.concatenate([part.results[alias] for part in parts]) for alias in parts[0].outputs}


def _is_batchable(signature: Signature) -> bool:
    tensors = [*signature.inputs.values(), *signature.outputs.values()]
    return bool(signature.inputs) and all(map(_has_open_rows, tensors))


def _has_open_rows(spec: TensorSpec) -> bool:
    return spec.shape is None or (bool(spec.shape) and spec.shape[0] == -1)


def _groups(requests: Sequence[_Request], *, pads: bool) -> list[list[_Request]]:
    """Requests that can be one batch: all of them where sizes are filled up, else those of one shape but for rows."""
    groups: dict[object, list[_Request]] = {}
    for request in requests:
        shapes = tuple((alias, array.shape[1:]) for alias, array in request.inputs.items())
        ranks = tuple((alias, array.ndim) for alias, array in request.inputs.items())
        groups.setdefault(ranks if pads else shapes, []).append(request)
    return list(groups.values())
