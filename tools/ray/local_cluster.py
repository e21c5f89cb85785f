"""A Ray cluster of several nodes on this machine, each with folders of its own, for tests."""

import os
import socket

import ray
import ray.data
import ray.serve
from ray.cluster_utils import Cluster

OBJECT_STORE_BYTES = 80_000_000


class LocalCluster:
    """A head without processors, and workers with one each. Every node has a cache folder and a
    driver cache of its own, as hosts have. Used in a `with`, which stops all processes."""

    def __init__(self, folder, workers=2):
        self.folder = folder
        self.workers = workers
        self.metrics_ports = []
        self._cluster = None

    def __enter__(self):
        self._cluster = Cluster()
        try:
            self._add_node("head", 0, include_dashboard=False)
            for number in range(self.workers):
                self._add_node("worker%d" % number, 1)
            ray.init(address=self._cluster.address, logging_level="warning", log_to_driver=False)
            self._cluster.wait_for_nodes()
            ray.data.DataContext.get_current().enable_progress_bars = False
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *raised):
        if ray.is_initialized():
            ray.serve.shutdown()
            ray.shutdown()
        self._cluster.shutdown()

    def _add_node(self, name, processors, **options):
        port = free_port()
        self.metrics_ports.append(port)
        folders = {"MACE_RAY_CACHE_FOLDER": "mace", "POCL_CACHE_DIR": "pocl"}
        variables = {
            variable: os.path.join(self.folder, name, folder)
            for variable, folder in folders.items()
        }
        os.makedirs(variables["POCL_CACHE_DIR"], exist_ok=True)
        self._cluster.add_node(
            num_cpus=processors,
            object_store_memory=OBJECT_STORE_BYTES,
            metrics_export_port=port,
            env_vars=variables,
            **options,
        )


def free_port():
    """A port that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
