"""torch on an NVIDIA GPU, with the protocol of peer_worker.py: python3 peer_torch.py PRECISION[,PRECISION...] [compile]

Eager, as a CUDA graph and, if asked for, through torch.compile; fp32, tf32 or fp16. `run` copies the input to the GPU
and the output back, through pinned memory and in one stream; `replay` has its input and output on the GPU. The model is
that of export_models.py with the same weights, which `max_error` checks.
"""
import os
import sys

import torch

from export_models import make_model
from peer_worker import Contender, milliseconds, serve

torch.backends.cudnn.benchmark = True


def set_tf32(allowed):
    torch.backends.cudnn.allow_tf32 = allowed
    torch.backends.cuda.matmul.allow_tf32 = allowed


def host_to_host(call, host, x):
    """`call` runs on x and gives its output; for a graph the output is always in the same memory."""
    staged = torch.empty(host.shape, device="cuda")
    with torch.inference_mode():
        output = torch.empty(call().shape, pin_memory=True)

    def run():
        staged.copy_(host, non_blocking=True)
        x.copy_(staged, non_blocking=True)  # The type and the layout change on the GPU.
        output.copy_(call().float(), non_blocking=True)
        torch.cuda.synchronize()
        return output.numpy()

    return run


def synchronized(call):
    def replay():
        call()
        torch.cuda.synchronize()

    return replay


def capture(model, x):
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            model(x)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = model(x)

    def replay():
        graph.replay()
        return output

    return replay


def make_contender(name, precision, call, host, x):
    """Makes a contender. The switches of TF32 belong to the process, so they are set before each call."""
    def with_mode(inner):
        def outer():
            set_tf32(precision == "tf32")
            with torch.inference_mode():
                return inner()

        return outer

    contender = Contender(name, precision, with_mode(host_to_host(with_mode(call), host, x)),
                          with_mode(synchronized(call)))
    contender.facts = {"version": torch.__version__, "device": torch.cuda.get_device_name()}
    return contender


def contenders_of(base, values, precision, with_compile):
    begin = milliseconds()
    set_tf32(precision == "tf32")
    dtype = torch.float16 if precision == "fp16" else torch.float32
    # Tensor cores read NHWC.
    layout = torch.contiguous_format if precision == "fp32" else torch.channels_last
    with torch.inference_mode():
        model = base.to(device="cuda", dtype=dtype, memory_format=layout)
        host = torch.from_numpy(values).pin_memory()
        x = host.to(device="cuda", dtype=dtype).to(memory_format=layout)
        found = [make_contender("torch eager", precision, lambda: model(x), host, x),
                 make_contender("torch CUDA graph", precision, capture(model, x), host, x)]
        if with_compile:
            compiled = torch.compile(model, mode="reduce-overhead")
            for _ in range(3):
                compiled(x)
            found.append(make_contender("torch.compile", precision, lambda: compiled(x), host, x))
        torch.cuda.synchronize()
    for contender in found:
        contender.facts["load_ms"] = milliseconds() - begin
    return found


def main():
    precisions, with_compile = sys.argv[1].split(","), "compile" in sys.argv[2:]

    def load(stem, values):
        if with_compile:
            torch._dynamo.reset()
        torch.cuda.empty_cache()
        found = []
        for precision in precisions:
            base, _ = make_model(os.path.basename(stem))
            found += contenders_of(base, values, precision, with_compile)
        return found

    serve(load)


if __name__ == "__main__":
    main()
