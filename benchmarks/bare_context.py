"""Measures what every engine's start includes: loading the OpenCL drivers and opening a context.

python3 bare_context.py [DEVICE-NAME] prints the milliseconds from before the loader is opened until
the context exists, for the device with exactly this name, or for the first device.
"""
import ctypes
import sys
import time

DEVICE_TYPE_ALL, DEVICE_NAME = 0xFFFFFFFF, 0x102B


def items(call, *arguments):
    """The list of ids that a clGet…IDs call gives."""
    count = ctypes.c_uint(0)
    if call(*arguments, 0, None, ctypes.byref(count)) != 0:
        return []
    found = (ctypes.c_void_p * count.value)()
    call(*arguments, count, found, None)
    return list(found)


def name_of(cl, device):
    text = ctypes.create_string_buffer(1024)
    cl.clGetDeviceInfo(ctypes.c_void_p(device), DEVICE_NAME, ctypes.c_size_t(len(text)), text, None)
    return text.value.decode()


def open_context(wanted):
    cl = ctypes.CDLL("libOpenCL.so.1")
    cl.clCreateContext.restype = ctypes.c_void_p
    for platform in items(cl.clGetPlatformIDs):
        kind = ctypes.c_ulong(DEVICE_TYPE_ALL)
        for device in items(cl.clGetDeviceIDs, ctypes.c_void_p(platform), kind):
            if wanted and name_of(cl, device) != wanted:
                continue
            error = ctypes.c_int(0)
            cl.clCreateContext(None, 1, ctypes.byref(ctypes.c_void_p(device)), None, None, ctypes.byref(error))
            if error.value != 0:
                sys.exit("clCreateContext: error %d" % error.value)
            return
    sys.exit("no OpenCL device " + wanted)


def main():
    begin = time.monotonic()
    open_context(sys.argv[1] if len(sys.argv) > 1 else "")
    print("%.3f" % ((time.monotonic() - begin) * 1e3))


if __name__ == "__main__":
    main()
