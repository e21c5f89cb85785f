"""Serving with Ray Serve: replicas that speak the Open Inference Protocol over REST."""

import asyncio
import concurrent.futures
import dataclasses
import time
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

import numpy
import ray
import ray.serve
from starlette.requests import Request
from starlette.responses import Response as HttpResponse

import mace
from mace.open_inference import ModelMetadata, ProtocolError, ServedModel, Service, TensorMetadata
from mace.ray._engine_start import EngineSpec, start_engine
from mace.ray._metrics import Metrics

HEALTH_PERIOD_SECONDS = 5
STATE_PERIOD_SECONDS = 2.0
_LOST_DEVICE = "device_lost"


@dataclasses.dataclass(frozen=True)
class ServingOptions:
    """How replicas serve."""

    max_batch_size: int = 8
    """Requests that are computed together at most. The model is prepared for 1, 2, 4, ... rows, up
    to this number."""
    batch_wait_seconds: float = 0.001
    """How long a request waits for others at most."""
    body_limit: int = 64 << 20
    """The most bytes of a request's body."""
    replicas: int = 1
    processors: float = 1
    """Of a replica."""
    gpus: float = 0
    """Of a replica. With more than 0, Ray shows each replica the GPUs that it has for itself."""
    queued_requests: int = -1
    """Requests that may wait at each sender; Ray Serve answers what is above with the status 503.
    -1: no limit."""
    version: str = "1"
    """Of all models, as the protocol shows it."""
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Options of `mace.Engine`."""
    cache_folder: Optional[str] = None
    """`start_engine` explains it."""

    def batch_sizes(self) -> Tuple[int, ...]:
        """The prepared numbers of rows. Raises ValueError for a size below 1."""
        if not isinstance(self.max_batch_size, int) or self.max_batch_size < 1:
            raise ValueError(
                "max_batch_size: expected at least 1, found %r" % (self.max_batch_size,)
            )
        sizes = [1]
        while sizes[-1] * 2 < self.max_batch_size:
            sizes.append(sizes[-1] * 2)
        return tuple(sorted({*sizes, self.max_batch_size}))


class _BatchedModel(ServedModel):
    """A model of a replica. Requests that wait at the same time are computed together."""

    def __init__(
        self, name: str, spec: EngineSpec, serving: ServingOptions, metrics: Metrics
    ) -> None:
        self._batches, self.start = start_engine(spec, serving.cache_folder)
        self._metrics = metrics
        self._name = name
        compiled = self._batches.compiled
        self.metadata = ModelMetadata(
            name,
            "mace",
            [TensorMetadata.of(spec, True) for spec in compiled.inputs],
            [TensorMetadata.of(spec, True) for spec in compiled.outputs],
            serving.version,
        )
        # One thread: a batch fills the device, and the next one gathers requests meanwhile.
        self._executor = concurrent.futures.ThreadPoolExecutor(1, "mace-batch")
        self._state_at = 0.0
        self.lost: Optional[str] = None
        """Why the device cannot be used any more."""
        self._compute = self._batched_compute(serving)
        metrics.started(name, self.start)
        metrics.state(name, compiled.statistics)

    def is_ready(self) -> bool:
        return self.lost is None

    async def infer(self, inputs: Dict[str, numpy.ndarray]) -> Dict[str, numpy.ndarray]:
        rows = {name: len(array) for name, array in inputs.items()}
        if len(set(rows.values())) != 1:
            raise ProtocolError(
                400, "inputs: expected the same outermost extent for all, found %s" % rows
            )
        outputs = await self._compute(inputs)
        if isinstance(outputs, Exception):
            raise outputs
        return outputs

    def _batched_compute(self, serving: ServingOptions) -> Any:
        """A function with a queue of its own. (Methods of one class would share a queue.)"""

        @ray.serve.batch(
            max_batch_size=serving.max_batch_size, batch_wait_timeout_s=serving.batch_wait_seconds
        )
        async def compute_batch(requests: List[Dict[str, numpy.ndarray]]) -> List[Any]:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, self._run, requests)

        return compute_batch

    def _run(self, requests: List[Dict[str, numpy.ndarray]]) -> List[Any]:
        """On the batch's thread. An exception stands among the results: it has one owner."""
        began = time.perf_counter()
        results = self._batches.run_together(requests)
        seconds = time.perf_counter() - began
        for result in results:
            if isinstance(result, mace.Error) and result.code == _LOST_DEVICE:
                self.lost = str(result)
        rows = sum(len(next(iter(request.values()))) for request in requests)
        self._metrics.computed(self._name, rows, seconds)
        if time.monotonic() - self._state_at > STATE_PERIOD_SECONDS:
            self._state_at = time.monotonic()
            self._metrics.state(self._name, self._batches.compiled.statistics)
        return results


class InferenceReplica:
    """A replica: the models of an application, and the protocol's calls for them."""

    def __init__(self, specs: Mapping[str, EngineSpec], serving: ServingOptions) -> None:
        metrics = Metrics()
        self._models = [_BatchedModel(name, spec, serving, metrics) for name, spec in specs.items()]
        self._service = Service(
            self._models,
            name="mace",
            version=mace.__version__,
            body_limit=serving.body_limit,
            observe=metrics.answered,
        )

    async def __call__(self, request: Request) -> HttpResponse:
        """A request of Ray Serve's proxy."""
        path = request.scope["path"]
        prefix = request.scope.get("root_path", "").rstrip("/")
        if prefix and path.startswith(prefix + "/"):
            path = path[len(prefix) :]
        response = await self._service.handle(
            request.method, path, request.headers, request.stream()
        )
        return HttpResponse(response.body, response.status, response.headers)

    def check_health(self) -> None:
        """Called by Ray Serve, which replaces a replica whose device is lost."""
        for model in self._models:
            if model.lost is not None:
                raise RuntimeError("the device is lost: %s" % model.lost)


def application(
    models: Mapping[str, Union[str, EngineSpec]], serving: Optional[ServingOptions] = None
) -> "ray.serve.Application":
    """An application of Ray Serve for `ray.serve.run`.

    Args:
      models: by the names of the protocol: the path of a file that lies on every host, or an
        `EngineSpec`, whose batch sizes are used as they are. All replicas hold all models; models
        that need other numbers of replicas are applications of their own, with a route prefix each.
      serving: None: the defaults of `ServingOptions`.

    Raises ValueError for options that do not fit.
    """
    serving = serving or ServingOptions()
    sizes = serving.batch_sizes()
    if not models:
        raise ValueError("models: expected one at least, found none")
    specs = {
        name: (
            model
            if isinstance(model, EngineSpec)
            else EngineSpec(model, None, sizes, serving.options)
        )
        for name, model in models.items()
    }
    deployment = ray.serve.deployment(InferenceReplica).options(
        name="mace",
        num_replicas=serving.replicas,
        ray_actor_options={"num_cpus": serving.processors, "num_gpus": serving.gpus},
        max_ongoing_requests=max(16, 4 * serving.max_batch_size),
        max_queued_requests=serving.queued_requests,
        health_check_period_s=HEALTH_PERIOD_SECONDS,
        # A line for each request costs more than a small model; the metrics count requests.
        logging_config={"enable_access_log": False},
    )
    return deployment.bind(specs, serving)


def build_application(arguments: Dict[str, Any]) -> "ray.serve.Application":
    """The application of a configuration file of Ray Serve, for
    `import_path: mace.ray:build_application`.

    Args:
      arguments: "models", an object of paths by name, and any fields of `ServingOptions`.

    Raises ValueError for a name that is neither.
    """
    fields = {field.name for field in dataclasses.fields(ServingOptions)}
    unknown = sorted(set(arguments) - fields - {"models"})
    if unknown or not isinstance(arguments.get("models"), Mapping):
        raise ValueError(
            "args: expected models, an object of paths by name, and any of %s, found %s"
            % (", ".join(sorted(fields)), sorted(arguments))
        )
    serving = ServingOptions(**{name: arguments[name] for name in fields if name in arguments})
    return application(arguments["models"], serving)


def serve(
    models: Mapping[str, Union[str, EngineSpec]],
    serving: Optional[ServingOptions] = None,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    route_prefix: str = "/",
    name: str = "mace"
) -> None:
    """Starts the application, or updates it replica by replica where it runs, and returns when it
    is ready.

    Args:
      host, port: where this cluster's proxies listen. They are decided by the first call.
      route_prefix: what stands before "/v2" in this application's paths.
      name: of the application.
    """
    ray.serve.start(http_options={"host": host, "port": port})
    ray.serve.run(application(models, serving), name=name, route_prefix=route_prefix)
