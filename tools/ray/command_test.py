"""The command python3 -m mace.ray."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import tritonclient.http

from cluster_case import DIGITS
from local_cluster import free_port


class CommandTest(unittest.TestCase):
    """python3 -m mace.ray."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=os.environ.get("MACE_RAY_TEST_FOLDER"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def command(self, *arguments):
        return [sys.executable, "-m", "mace.ray", *arguments]

    def test_serves_until_a_signal(self):
        port, metrics = free_port(), free_port()
        began = time.monotonic()
        process = subprocess.Popen(
            self.command(
                "digits=" + DIGITS,
                "--port",
                str(port),
                "--metrics-port",
                str(metrics),
                "--max-batch-size",
                "1",
                "--cache-folder",
                self.folder,
                "--object-store-bytes",
                "80000000",
            ),
            stdout=subprocess.PIPE,
            text=True,
            cwd=self.folder,
        )
        try:
            self.assertEqual(
                process.stdout.readline(), "serving digits on http://127.0.0.1:%d/v2\n" % port
            )
            print("ready after %.1f s" % (time.monotonic() - began))
            with tritonclient.http.InferenceServerClient("127.0.0.1:%d" % port) as client:
                self.assertTrue(client.is_model_ready("digits"))
        finally:
            process.terminate()
            self.assertEqual(process.wait(timeout=60), 0)
            process.stdout.close()

    def test_refusals(self):
        for arguments, message in (
            (["digits"], "expected NAME=MODEL"),
            (["d=none.pb"], "found none at 'none.pb'"),
            (["a/b=" + DIGITS], "with a name of letters"),
            (["d=" + DIGITS, "--port", "x"], "expected a whole number of at least 0, found 'x'"),
        ):
            ended = subprocess.run(
                self.command(*arguments), capture_output=True, text=True, check=False
            )
            self.assertEqual(ended.returncode, 2)
            self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)
            self.assertIn(message, ended.stderr)


if __name__ == "__main__":
    unittest.main()
