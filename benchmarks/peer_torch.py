"""torch on an NVIDIA GPU, with the protocol of peer_worker.py: python3 peer_torch.py PRECISION[,PRECISION...] [compile]

Eager, as a CUDA graph and, if asked for, through torch.compile; fp32, tf32 or fp16. `run` copies the input to the GPU
and the output back, through pinned memory and in one stream; `replay` has its input and output on the GPU. The model is
that of export_models.py with the same weights, which `max_error` checks.
"""
import os
import sys

import torch

from peer_worker import Contender, checked_by_files, milliseconds, serve

torch.backends.cudnn.benchmark = True


def set_tf32(allowed):
    torch.backends.cudnn.allow_tf32 = allowed
    torch.backends.cuda.matmul.allow_tf32 = allowed


def tensors_of(result):
    """The tensors of what a network gives: a tensor, or a sequence or dict of results."""
    if isinstance(result, torch.Tensor):
        return [result]
    parts = result.values() if isinstance(result, dict) else result
    return [tensor for part in parts for tensor in tensors_of(part)]


def as_float32(tensor):
    return tensor.float() if tensor.is_floating_point() else tensor


def host_to_host(call, hosts, xs):
    """`call` runs on xs and gives its outputs; for a graph the outputs are always in the same memory."""
    staged = [torch.empty_like(host, device="cuda") for host in hosts]
    with torch.inference_mode():
        outputs = [torch.empty_like(as_float32(one), device="cpu", memory_format=torch.contiguous_format).pin_memory()
                   for one in tensors_of(call())]

    def run():
        for stage, x, host in zip(staged, xs, hosts):
            stage.copy_(host, non_blocking=True)
            x.copy_(stage, non_blocking=True)  # The type and the layout change on the GPU.
        for output, found in zip(outputs, tensors_of(call())):
            output.copy_(as_float32(found), non_blocking=True)
        torch.cuda.synchronize()
        return [output.numpy() for output in outputs]

    return run


def synchronized(call):
    def replay():
        call()
        torch.cuda.synchronize()

    return replay


def eager(model, xs):
    return lambda: model(*xs)


def capture(model, xs):
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            model(*xs)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = model(*xs)

    def replay():
        graph.replay()
        return output

    replay.keeps = model, xs  # The graph reads their memory, but it does not keep them alive.
    return replay


def compiled(model, xs):
    forward = torch.compile(model, mode="reduce-overhead")
    for _ in range(3):
        forward(*xs)
    return lambda: forward(*xs)


# How a network runs: a name, and a function of the network and its inputs on the GPU that gives a call without arguments.
FORMS = {"torch eager": eager, "torch CUDA graph": capture, "torch.compile": compiled}


def make_contender(name, precision, call, hosts, xs):
    """Makes a contender. The switches of TF32 belong to the process, so they are set before each call."""
    def with_mode(inner):
        def outer():
            set_tf32(precision == "tf32")
            with torch.inference_mode():
                return inner()

        return outer

    contender = Contender(name, precision, with_mode(host_to_host(with_mode(call), hosts, xs)),
                          with_mode(synchronized(call)))
    contender.facts = {"version": torch.__version__, "device": torch.cuda.get_device_name()}
    return contender


def on_gpu(host, dtype, layout):
    x = host.to(device="cuda", dtype=dtype if host.is_floating_point() else host.dtype)
    return x.to(memory_format=layout) if x.dim() == 4 else x


def contenders_of(base, inputs, precision, forms):
    """The contenders of a network of torch in one precision. `base` moves to the GPU. `inputs`: numpy arrays."""
    begin = milliseconds()
    set_tf32(precision == "tf32")
    dtype = torch.float16 if precision == "fp16" else torch.float32
    # Tensor cores read NHWC.
    layout = torch.contiguous_format if precision == "fp32" else torch.channels_last
    with torch.inference_mode():
        model = base.to(device="cuda", dtype=dtype, memory_format=layout)
        hosts = [torch.from_numpy(values).pin_memory() for values in inputs]
        xs = [on_gpu(host, dtype, layout) for host in hosts]
        found = [make_contender(name, precision, FORMS[name](model, xs), hosts, xs) for name in forms]
        torch.cuda.synchronize()
    for contender in found:
        contender.facts["load_ms"] = milliseconds() - begin
    return found


def main():
    from export_models import make_model  # Needs torchvision, which other users of this file do without.
    precisions, with_compile = sys.argv[1].split(","), "compile" in sys.argv[2:]
    forms = [name for name in FORMS if with_compile or name != "torch.compile"]

    def load(stem, values):
        if with_compile:
            torch._dynamo.reset()
        torch.cuda.empty_cache()
        found = []
        for precision in precisions:
            base, _ = make_model(os.path.basename(stem))
            found += contenders_of(base, [values], precision, forms)
        return found

    serve(checked_by_files(load))


if __name__ == "__main__":
    main()
