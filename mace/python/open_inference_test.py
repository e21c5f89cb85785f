"""The Open Inference Protocol without a server, a device or Ray."""

import asyncio
import gzip
import json
import unittest
import zlib

import numpy

import mace
from mace.open_inference import (
    ModelMetadata,
    ProtocolError,
    ServedModel,
    Service,
    TensorMetadata,
    parse_inference_request,
)

LENGTH = "inference-header-content-length"


class Doubling(ServedModel):
    """x of FP32 [-1, 2], n of INT64 [-1] -> y = 2 x, m = n + 1, both of the inputs' shapes."""

    def __init__(self):
        self.metadata = ModelMetadata(
            "doubling",
            "mace",
            [TensorMetadata("x", "FP32", (-1, 2)), TensorMetadata("n", "INT64", (-1,))],
            [TensorMetadata("y", "FP32", (-1, 2)), TensorMetadata("m", "INT64", (-1,))],
        )
        self.ready = True
        self.error = None

    def is_ready(self):
        return self.ready

    async def infer(self, inputs):
        if self.error:
            raise self.error
        return {"y": inputs["x"] * 2, "m": inputs["n"] + 1}


def tensor(name, datatype, shape, data=None, **parameters):
    """A tensor of a request."""
    found = {"name": name, "datatype": datatype, "shape": shape}
    if data is not None:
        found["data"] = data
    if parameters:
        found["parameters"] = parameters
    return found


def good_request():
    """A request of JSON alone, for tests to spoil."""
    return {
        "id": "7",
        "inputs": [tensor("x", "FP32", [1, 2], [1.5, 2]), tensor("n", "INT64", [1], [3])],
    }


class ServiceCase(unittest.TestCase):
    """Calls a service as a web server does."""

    def setUp(self):
        self.model = Doubling()
        self.observed = []
        self.service = Service(
            [self.model],
            version="0.1.0",
            body_limit=2000,
            observe=lambda *values: self.observed.append(values),
        )

    def call(self, method, path, body=b"", headers=None):
        """The status, the headers and the body of the response."""

        async def chunks():
            for begin in range(0, len(body), 7):
                yield body[begin : begin + 7]

        response = asyncio.run(self.service.handle(method, path, headers or {}, chunks()))
        return response.status, response.headers, response.body

    def get(self, path):
        status, _, body = self.call("GET", path)
        return status, json.loads(body)

    def infer(self, request, headers=None):
        """The status and the JSON of the response to a request, given as an object or as bytes."""
        body = request if isinstance(request, bytes) else json.dumps(request).encode()
        status, _, answer = self.call("POST", "/v2/models/doubling/infer", body, headers)
        return status, json.loads(answer)

    def expect_refusal(self, request, status, pattern, headers=None):
        found, answer = self.infer(request, headers)
        self.assertEqual((found, list(answer)), (status, ["error"]), answer)
        self.assertRegex(answer["error"], pattern)


class CallsTest(ServiceCase):
    def test_metadata_and_health(self):
        self.assertEqual(
            self.get("/v2"),
            (200, {"name": "mace", "version": "0.1.0", "extensions": ["binary_tensor_data"]}),
        )
        self.assertEqual(self.get("/v2/")[0], 200)
        self.assertEqual(self.get("/v2/health/live"), (200, {"live": True}))
        for path in (
            "/v2/health/ready",
            "/v2/models/doubling/ready",
            "/v2/models/doubling/versions/1/ready",
        ):
            self.model.ready = True
            self.assertEqual(self.get(path)[0], 200, path)
            self.model.ready = False
            self.assertEqual(self.get(path), (400, {"error": "not ready: doubling"}), path)
        for path in (
            "/v2/models/doubling",
            "/v2/models/doubling/versions/1",
            "/v2/models/%64oubling",
        ):
            self.assertEqual(
                self.get(path),
                (
                    200,
                    {
                        "name": "doubling",
                        "versions": ["1"],
                        "platform": "mace",
                        "inputs": [
                            {"name": "x", "datatype": "FP32", "shape": [-1, 2]},
                            {"name": "n", "datatype": "INT64", "shape": [-1]},
                        ],
                        "outputs": [
                            {"name": "y", "datatype": "FP32", "shape": [-1, 2]},
                            {"name": "m", "datatype": "INT64", "shape": [-1]},
                        ],
                    },
                ),
            )

    def test_wrong_paths(self):
        for method, path, status, pattern in (
            ("GET", "/", 404, "expected /v2"),
            ("GET", "/v1/models", 404, "expected /v2"),
            ("GET", "/v2/health", 404, "no call"),
            ("GET", "/v2/models", 404, "no call"),
            ("GET", "/v2/models/other", 404, "model: expected one of 'doubling', found 'other'"),
            ("POST", "/v2/models/other/infer", 404, "found 'other'"),
            ("GET", "/v2/models/doubling/versions/2", 404, "version: expected '1', found '2'"),
            ("GET", "/v2/models/doubling/versions", 404, "no call"),
            ("GET", "/v2/models/doubling/config", 404, "no call"),
            ("POST", "/v2/health/live", 405, "expected the method GET, found 'POST'"),
            ("GET", "/v2/models/doubling/infer", 405, "expected the method POST, found 'GET'"),
            ("DELETE", "/v2/models/doubling", 405, "found 'DELETE'"),
        ):
            found, _, body = self.call(method, path)
            self.assertEqual(found, status, path)
            self.assertRegex(json.loads(body)["error"], pattern)

    def test_json(self):
        status, answer = self.infer(good_request())
        self.assertEqual(
            (status, answer),
            (
                200,
                {
                    "model_name": "doubling",
                    "model_version": "1",
                    "id": "7",
                    "outputs": [
                        {"name": "y", "datatype": "FP32", "shape": [1, 2], "data": [3.0, 4.0]},
                        {"name": "m", "datatype": "INT64", "shape": [1], "data": [4]},
                    ],
                },
            ),
        )
        self.assertEqual([(name, status) for name, _, status in self.observed], [("doubling", 200)])
        request = good_request()
        request["inputs"][0] = tensor("x", "FP32", [2, 2], [[1, 2], [3, 4]])
        request["outputs"] = [{"name": "m"}]
        status, answer = self.infer(request)
        self.assertEqual([output["name"] for output in answer["outputs"]], ["m"])

    def test_binary(self):
        x = numpy.arange(6, dtype="<f4").reshape(3, 2)
        n = numpy.arange(3, dtype="<i8")
        text = json.dumps(
            {
                "inputs": [
                    tensor("x", "FP32", [3, 2], binary_data_size=24),
                    tensor("n", "INT64", [3], binary_data_size=24),
                ],
                "outputs": [{"name": "m", "parameters": {"binary_data": False}}, {"name": "y"}],
                "parameters": {"binary_data_output": True},
            }
        ).encode()
        for blanks in range(8):  # Tensors behind JSON of any length, aligned or not.
            header = text + b" " * blanks
            status, headers, body = self.call(
                "POST",
                "/v2/models/doubling/versions/1/infer",
                header + x.tobytes() + n.tobytes(),
                {LENGTH: str(len(header))},
            )
            self.assertEqual(status, 200, body)
            end = int(headers["Inference-Header-Content-Length"])
            self.assertEqual(headers["Content-Type"], "application/octet-stream")
            answer = json.loads(body[:end])
            self.assertEqual(answer["outputs"][0]["data"], [1, 2, 3])
            self.assertEqual(answer["outputs"][1]["parameters"], {"binary_data_size": 24})
            numpy.testing.assert_array_equal(
                numpy.frombuffer(body[end:], "<f4").reshape(3, 2), x * 2
            )

    def test_compressed_bodies(self):
        text = json.dumps(good_request()).encode()
        for encoding, body in (
            ("gzip", gzip.compress(text)),
            ("deflate", zlib.compress(text)),
            ("identity", text),
        ):
            self.assertEqual(self.infer(body, {"content-encoding": encoding})[0], 200, encoding)
        self.expect_refusal(text, 415, "Content-Encoding: .*found 'br'", {"content-encoding": "br"})
        self.expect_refusal(text, 400, "broken compression", {"content-encoding": "gzip"})
        self.expect_refusal(
            gzip.compress(text)[:-9], 400, "broken compression", {"content-encoding": "gzip"}
        )
        bomb = gzip.compress(b" " * 1_000_000)
        self.assertLess(len(bomb), 2000)
        self.expect_refusal(bomb, 413, "expected at most 2000 bytes", {"content-encoding": "gzip"})

    def test_errors_of_the_engine(self):
        for code, status in (
            ("invalid_argument", 400),
            ("resource_exhausted", 503),
            ("deadline_exceeded", 504),
            ("device_error", 500),
        ):
            self.model.error = mace.Error("why")
            self.model.error.code = code
            with self.assertLogs("mace.open_inference") if status >= 500 else self.assertNoLogs():
                self.assertEqual(self.infer(good_request()), (status, {"error": "why"}), code)
        self.model.error = LookupError("unexpected")
        with self.assertLogs("mace.open_inference"):
            self.assertEqual(self.infer(good_request())[0], 500)


class RefusalsTest(ServiceCase):
    def test_broken_json(self):
        for body, pattern in (
            (b"", "broken JSON"),
            (b"{", "broken JSON"),
            (b"\xff{}", "broken JSON"),
            (b"[1]", "expected a JSON object"),
            (b"{}", "inputs: expected a list"),
            (b'{"inputs": [' + b"[" * 1900, "broken JSON"),
            (b'{"inputs": NaN}', "NaN is no number of JSON"),
            (b'{"inputs": {}}', "inputs: expected a list"),
            (b'{"inputs": [3]}', "expected objects with a name"),
        ):
            self.expect_refusal(body, 400, pattern)

    def test_sizes(self):
        self.expect_refusal(b"x" * 2001, 413, "body: expected at most 2000 bytes, found 2001")
        self.expect_refusal(
            b"", 413, "expected at most 2000 bytes, found 99999", {"content-length": "99999"}
        )
        self.assertEqual([status for _, _, status in self.observed], [413, 413])

    def test_tensors(self):
        def x(*values, **parameters):
            request = good_request()
            request["inputs"][0] = tensor("x", *values, **parameters)
            return request

        for request, pattern in (
            (x("FP64", [1, 2], [1, 2]), "input 'x': datatype: expected FP32, found 'FP64'"),
            (x("BYTES", [1, 2], ["a", "b"]), "datatype: expected FP32, found 'BYTES'"),
            (x(None, [1, 2], [1, 2]), "datatype: expected FP32, found None"),
            (x("FP32", [1, 3], [1, 2, 3]), r"shape: expected \[-1, 2\] .*, found \[1, 3\]"),
            (x("FP32", [2], [1, 2]), r"shape: expected \[-1, 2\]"),
            (x("FP32", [0, 2], []), "shape: expected a list of whole numbers of at least 1"),
            (x("FP32", [-1, 2], []), "of at least 1"),
            (x("FP32", [True, 2], [1, 2]), "whole numbers"),
            (x("FP32", "1,2", [1, 2]), "shape: expected a list"),
            (x("FP32", [2**40, 2], []), "shape: expected"),
            (x("FP32", [1, 2], [1]), "data: expected 2 elements"),
            (x("FP32", [2, 2], [[1, 2, 3, 4]]), "nested as the shape"),
            (x("FP32", [2, 2], [[1, 2], [3]]), "lists of unequal lengths"),
            (x("FP32", [1, 2], ["1", "2"]), "expected numbers for the datatype FP32"),
            (x("FP32", [1, 2], [None, 1]), "expected numbers"),
            (x("FP32", [1, 2], [True, False]), "expected numbers"),
            (x("FP32", [1, 2], [1e39, 1]), "within the range of the datatype FP32"),
            (x("FP32", [1, 2], 3), "data: expected a list, found 3"),
            (x("FP32", [1, 2]), "expected data, or"),
            (x("FP32", [1, 2], shared_memory_region="r"), "shared memory is not supported"),
            (x("FP32", [1, 2], binary_data_size=8), "needs the header"),
        ):
            self.expect_refusal(request, 400, pattern)
        for data, pattern in (
            ([1.5], "expected whole numbers"),
            ([2**63], "expected numbers from -9223372036854775808"),
            ([2**70], "expected whole numbers"),
            ([True], "expected whole numbers"),
        ):
            request = good_request()
            request["inputs"][1]["data"] = data
            self.expect_refusal(request, 400, "input 'n': data: " + pattern)

    def test_names_and_parameters(self):
        for change, pattern in (
            (lambda r: r["inputs"].pop(), "expected 'n' too"),
            (lambda r: r["inputs"].append(dict(r["inputs"][0])), "'x' stands there twice"),
            (
                lambda r: r["inputs"][0].update(name="z"),
                "inputs: expected one of 'x', 'n', found 'z'",
            ),
            (
                lambda r: r.update(outputs=[{"name": "x"}]),
                "outputs: expected one of 'y', 'm', found 'x'",
            ),
            (lambda r: r.update(outputs=[{"name": "y"}, {"name": "y"}]), "twice"),
            (lambda r: r.update(outputs={}), "outputs: expected a list"),
            (
                lambda r: r.update(outputs=[{"name": "y", "parameters": {"classification": 3}}]),
                "classification",
            ),
            (
                lambda r: r.update(outputs=[{"name": "y", "parameters": {"binary_data": 1}}]),
                "true or false",
            ),
            (lambda r: r.update(id=7), "id: expected a string"),
            (lambda r: r.update(parameters=[]), "parameters: expected an object"),
            (lambda r: r.update(parameters={"sequence_id": 4}), "sequence_id: expected none"),
        ):
            request = good_request()
            change(request)
            self.expect_refusal(request, 400, pattern)

    def test_binary(self):
        def call(sizes, tail, length=None):
            text = json.dumps(
                {
                    "inputs": [
                        tensor("x", "FP32", [1, 2], binary_data_size=sizes[0]),
                        tensor("n", "INT64", [1], binary_data_size=sizes[1]),
                    ]
                }
            ).encode()
            return text + tail, {LENGTH: str(len(text)) if length is None else length}

        for (body, headers), pattern in (
            (call((8, 8), b"x" * 15), "expected 0 to 7, the bytes that are left"),
            (call((8, 8), b"x" * 17), "expected 16 bytes of tensors behind the JSON, found 17"),
            (call((4, 8), b"x" * 12), "expected 8 bytes for the shape"),
            (call((-8, 8), b"x" * 16), "expected 0 to 16"),
            (call((True, 8), b"x" * 16), "expected 0 to 16"),
            (call((8, 8), b"x" * 16, "9999"), "expected a whole number of at most"),
            (call((8, 8), b"x" * 16, "-1"), "expected a whole number"),
            (call((8, 8), b"x" * 16, "5"), "broken JSON"),
        ):
            self.expect_refusal(body, 400, pattern, headers)

    def test_outputs_that_json_lacks(self):
        request = good_request()
        request["inputs"][0]["data"] = [3e38, 1]
        with numpy.errstate(over="ignore"):
            self.expect_refusal(request, 400, "output 'y': holds infinities")

    def test_other_datatypes(self):
        def parse(datatype, data):
            model = ModelMetadata("m", "mace", [TensorMetadata("x", datatype, (-1,))], [])
            body = json.dumps({"inputs": [tensor("x", datatype, [len(data)], data)]}).encode()
            return parse_inference_request(body, None, model).inputs["x"]

        self.assertEqual(parse("BOOL", [True, False]).tolist(), [True, False])
        self.assertEqual(parse("UINT8", [0, 255]).dtype, numpy.uint8)
        self.assertEqual(parse("UINT64", [2**64 - 1])[0], 2**64 - 1)
        self.assertEqual(parse("FP16", [0.5]).dtype, numpy.float16)
        for datatype, data in (
            ("UINT8", [256]),
            ("INT8", [-129]),
            ("BOOL", [1]),
            ("FP16", [70000]),
        ):
            with self.assertRaises(ProtocolError):
                parse(datatype, data)
        model = ModelMetadata("m", "mace", [TensorMetadata("x", "BOOL", (-1,))], [])
        text = json.dumps({"inputs": [tensor("x", "BOOL", [2], binary_data_size=2)]}).encode()
        self.assertEqual(
            parse_inference_request(text + b"\0\1", str(len(text)), model).inputs["x"].tolist(),
            [False, True],
        )
        with self.assertRaisesRegex(ProtocolError, "bytes 0 and 1"):
            parse_inference_request(text + b"\0\2", str(len(text)), model)
        with self.assertRaisesRegex(ValueError, "name of a model"):
            ModelMetadata("a/b", "mace", [], [])


if __name__ == "__main__":
    unittest.main()
