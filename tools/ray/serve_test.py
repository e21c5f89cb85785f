"""Serving with Ray Serve, through Triton's client and through plain HTTP."""

import collections
import json
import threading
import unittest
import urllib.error
import urllib.request

import numpy
import ray.serve
import tritonclient.http

import mace.ray
from cluster_case import DIGITS, ClusterCase, held_back, wait_until
from local_cluster import free_port


class ServeTest(ClusterCase):
    """Ray Serve and Triton's client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.port = free_port()
        cls.address = "127.0.0.1:%d" % cls.port
        # Both workers are on this machine: one proxy, so that there is one port.
        ray.serve.start(
            proxy_location="HeadOnly", http_options={"host": "127.0.0.1", "port": cls.port}
        )
        cls.serve("1")

    @classmethod
    def serve(cls, version):
        serving = mace.ray.ServingOptions(
            replicas=2, max_batch_size=4, body_limit=100_000, version=version
        )
        mace.ray.serve({"digits": DIGITS}, serving, port=cls.port)

    def client(self):
        client = tritonclient.http.InferenceServerClient(self.address)
        self.addCleanup(client.close)
        return client

    def infer(self, client, pictures, binary=True, compression=None):
        tensor = tritonclient.http.InferInput("input", list(pictures.shape), "FP32")
        tensor.set_data_from_numpy(pictures, binary_data=binary)
        output = tritonclient.http.InferRequestedOutput("output", binary_data=binary)
        return client.infer(
            "digits",
            [tensor],
            outputs=[output],
            request_id="r",
            request_compression_algorithm=compression,
        )

    def test_1_no_second_worker_compiles(self):
        starts = mace.ray.worker_starts()
        self.assertEqual([start.source for start in starts], ["compiled", "fetched"])
        self.assertEqual(len({start.node_id for start in starts}), 2)
        self.expect_one_cold(starts)

    def test_2_tritonclient(self):
        client = self.client()
        self.assertTrue(
            client.is_server_live() and client.is_server_ready() and client.is_model_ready("digits")
        )
        self.assertFalse(client.is_model_ready("letters"))
        self.assertEqual(client.get_server_metadata()["extensions"], ["binary_tensor_data"])
        self.assertEqual(
            client.get_model_metadata("digits", "1")["inputs"],
            [{"name": "input", "datatype": "FP32", "shape": [-1, 8, 8, 1]}],
        )
        pictures, expected = held_back("inputs"), held_back("expected")
        for count in (1, 2, 3, 4, 11):  # More than max_batch_size, too.
            for binary, compression in (
                (True, None),
                (False, None),
                (True, "gzip"),
                (True, "deflate"),
            ):
                result = self.infer(client, pictures[:count], binary, compression)
                self.assertEqual(result.get_response()["id"], "r")
                numpy.testing.assert_allclose(
                    result.as_numpy("output"), expected[:count], atol=1e-5
                )
        tensor = tritonclient.http.InferInput("input", [1, 8, 8], "FP32")
        tensor.set_data_from_numpy(pictures[0, None, :, :, 0])
        with self.assertRaisesRegex(tritonclient.http.InferenceServerException, "shape: expected"):
            client.infer("digits", [tensor])

    def test_3_errors(self):
        infer = "/v2/models/digits/infer"
        good = {
            "inputs": [
                {"name": "input", "shape": [1, 8, 8, 1], "datatype": "FP32", "data": [0] * 64}
            ]
        }

        def changed(**fields):
            return json.dumps({"inputs": [dict(good["inputs"][0], **fields)]}).encode()

        self.assertEqual(self.call("POST", infer, changed())[0], 200)
        for method, path, body, status in (
            ("POST", "/v2/models/letters/infer", changed(), 404),
            ("GET", "/v2/nothing", None, 404),
            ("GET", "/v2/models/digits/versions/9", None, 404),
            ("GET", infer, None, 405),
            ("POST", infer, b"{", 400),
            ("POST", infer, changed(shape=[1, 9, 8, 1]), 400),
            ("POST", infer, changed(datatype="INT8"), 400),
            ("POST", infer, changed(name="x"), 400),
            ("POST", infer, changed(data=[0] * 63), 400),
            ("POST", infer, b" " * 100_001, 413),
        ):
            found, answer = self.call(method, path, body)
            self.assertEqual((found, list(answer)), (status, ["error"]), (path, answer))
        self.assertEqual(self.call("POST", infer, changed())[0], 200)

    def call(self, method, path, body=None):
        request = urllib.request.Request("http://%s%s" % (self.address, path), body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def test_4_requests_are_batched_and_counted(self):
        pictures, expected = held_back("inputs"), held_back("expected")
        wrong = []

        def work(first):
            with tritonclient.http.InferenceServerClient(self.address) as client:
                for index in range(first, first + 40):
                    found = self.infer(client, pictures[index : index + 1]).as_numpy("output")
                    if not numpy.allclose(found, expected[index : index + 1], atol=1e-5):
                        wrong.append(index)

        threads = [threading.Thread(target=work, args=(40 * number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        wait_until(
            lambda: self.metric("ray_mace_inference_seconds_count", status="200") >= 320,
            60,
            "metrics",
        )
        self.assertEqual(self.metric("ray_mace_engine_starts_total", start="cold"), 1)
        self.assertEqual(self.metric("ray_mace_engine_starts_total", start="warm"), 1)
        self.assertGreater(self.metric("ray_mace_device_bytes", model="digits"), 10_000)
        self.assertGreater(self.metric("ray_mace_programs_compiled"), 0)
        batches = self.metric("ray_mace_batch_rows_count")
        self.assertLess(
            batches, self.metric("ray_mace_batch_rows_sum"), "no requests were computed together"
        )
        self.assertGreaterEqual(self.metric("ray_mace_inference_seconds_bucket", le="+Inf"), 320)
        print("%.2f rows a batch" % (self.metric("ray_mace_batch_rows_sum") / batches))

    def metric(self, name, **tags):
        """The sum of a metric over all nodes."""
        total = 0.0
        for port in self.cluster.metrics_ports:
            with urllib.request.urlopen(
                "http://127.0.0.1:%d/metrics" % port, timeout=30
            ) as response:
                lines = response.read().decode().splitlines()
            for line in lines:
                if line.startswith(name + "{") and all(
                    '%s="%s"' % tag in line for tag in tags.items()
                ):
                    total += float(line.rsplit(" ", 1)[1])
        return total

    def test_5_a_rolling_update_drops_no_request(self):
        before = len(mace.ray.worker_starts())
        ended, versions, failures = threading.Event(), collections.Counter(), []
        pictures, expected = held_back("inputs")[:1], held_back("expected")[:1]

        def work():
            with tritonclient.http.InferenceServerClient(self.address) as client:
                while not ended.is_set():
                    try:
                        result = self.infer(client, pictures)
                        versions[result.get_response()["model_version"]] += 1
                        if not numpy.allclose(result.as_numpy("output"), expected, atol=1e-5):
                            failures.append("a wrong answer")
                    except Exception as error:  # pylint: disable=broad-except  # Counted.
                        failures.append(repr(error))

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            wait_until(lambda: versions["1"] >= 20, 60, "answers of version 1")
            self.serve("2")
            now = versions["2"]
            wait_until(lambda: versions["2"] >= now + 20, 60, "answers of version 2")
        finally:
            ended.set()
            for thread in threads:
                thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(set(versions), {"1", "2"})
        starts = self.starts_after(before)
        self.assertEqual(
            [(start.source, start.compiled) for start in starts], [("host", 0)] * 2, starts
        )
        print(
            "answers by version during the update: %s; new replicas started in %s s"
            % (dict(versions), ["%.2f" % start.seconds for start in starts])
        )

    def test_6_a_second_application_with_a_prefix(self):
        serving = mace.ray.ServingOptions(processors=0, max_batch_size=4)
        mace.ray.serve(
            {"other": DIGITS}, serving, port=self.port, route_prefix="/second", name="second"
        )
        with tritonclient.http.InferenceServerClient(self.address + "/second") as client:
            self.assertTrue(client.is_model_ready("other"))
            self.assertFalse(client.is_model_ready("digits"))
        self.assertTrue(self.client().is_model_ready("digits"))
        self.assertEqual(mace.ray.worker_starts()[-1].compiled, 0)


if __name__ == "__main__":
    unittest.main()
