// A plain OpenCL program, as anyone's: it knows nothing of the layer. cache_layer_gpu_test starts
// it with and without, and
// compares what it prints. Usage: sample_program WAY [FOLDER].
#include <CL/cl.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr char kSource[] =
    "#ifndef N\n#define N 1\n#endif\n"
    "kernel __attribute__((reqd_work_group_size(64, 1, 1))) void add(global float* a) {\n"
    "  a[get_global_id(0)] += N;\n}\n"
    "kernel void twice(global float* values) { values[get_global_id(0)] *= 2; }\n";
constexpr size_t kCount = 256, kLocal = 64;

void Check(cl_int error, const char* what) {
  if (error == CL_SUCCESS) return;
  std::printf("%s: error %d\n", what, error);
  std::exit(1);
}

cl_command_queue MakeQueue(cl_context context, cl_device_id device) {
  cl_int error = CL_SUCCESS;
  cl_command_queue queue = clCreateCommandQueueWithProperties(context, device, nullptr, &error);
  Check(error, "queue");
  return queue;
}

struct Setup {
  cl_device_id device = nullptr;
  cl_context context = nullptr;
  cl_command_queue queue = nullptr;
};

Setup Open() {
  Setup setup;
  cl_platform_id platform = nullptr;
  cl_int error = CL_SUCCESS;
  Check(clGetPlatformIDs(1, &platform, nullptr), "platform");
  Check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &setup.device, nullptr), "device");
  setup.context = clCreateContext(nullptr, 1, &setup.device, nullptr, nullptr, &error);
  Check(error, "context");
  setup.queue = MakeQueue(setup.context, setup.device);
  return setup;
}

cl_program Create(const Setup& setup, const char* source = kSource) {
  cl_int error = CL_SUCCESS;
  cl_program program = clCreateProgramWithSource(setup.context, 1, &source, nullptr, &error);
  Check(error, "clCreateProgramWithSource");
  return program;
}

cl_program Build(const Setup& setup, const char* options, const char* source = kSource) {
  cl_program program = Create(setup, source);
  Check(clBuildProgram(program, 1, &setup.device, options, nullptr, nullptr), "clBuildProgram");
  return program;
}

cl_kernel Kernel(cl_program program, const char* name) {
  cl_int error = CL_SUCCESS;
  cl_kernel kernel = clCreateKernel(program, name, &error);
  Check(error, name);
  return kernel;
}

// The first value after the kernels ran in turn over a buffer of tens.
float Launch(const Setup& setup, const std::vector<cl_kernel>& kernels) {
  std::vector<float> values(kCount, 10);
  cl_int error = CL_SUCCESS;
  cl_mem memory = clCreateBuffer(setup.context, CL_MEM_COPY_HOST_PTR, kCount * sizeof(float),
                                 values.data(), &error);
  Check(error, "buffer");
  for (cl_kernel kernel : kernels) {
    Check(clSetKernelArg(kernel, 0, sizeof(memory), &memory), "argument");
    Check(clEnqueueNDRangeKernel(setup.queue, kernel, 1, nullptr, &kCount, &kLocal, 0, nullptr,
                                 nullptr),
          "launch");
  }
  Check(clEnqueueReadBuffer(setup.queue, memory, CL_TRUE, 0, kCount * sizeof(float), values.data(),
                            0, nullptr, nullptr),
        "read");
  clReleaseMemObject(memory);
  return values[kCount - 1];
}

void Run(const Setup& setup) {
  cl_program program = Build(setup, "-DN=3");
  std::printf("%g\n", Launch(setup, {Kernel(program, "add"), Kernel(program, "twice")}));
}

// Does what `run` and `frozen` do, without a launch, to show what the driver unpacks.
void Unpack(const Setup& setup, const char* options) {
  cl_program program = Build(setup, options);
  Kernel(program, "add");
  Kernel(program, "twice");
}

// All handles given back before the launches have run, the kernels' too.
void Release(const Setup& setup) {
  cl_program program = Build(setup, "-DN=4");
  cl_kernel kernel = Kernel(program, "add");
  Check(clReleaseProgram(program), "release");
  std::printf("%g\n", Launch(setup, {kernel}));
  Check(clReleaseKernel(kernel), "release");
  clReleaseCommandQueue(setup.queue);
  clReleaseContext(setup.context);
}

// Built again with other options, and what the driver must refuse.
void Rebuild(const Setup& setup) {
  cl_program program = Build(setup, "-DN=5");
  cl_kernel kernel = Kernel(program, "add");
  std::printf("%g\n", Launch(setup, {kernel}));
  std::printf("with a kernel: %d\n",
              clBuildProgram(program, 0, nullptr, "-DN=6", nullptr, nullptr));
  clReleaseKernel(kernel);
  Check(clBuildProgram(program, 0, nullptr, "-DN=6", nullptr, nullptr), "second build");
  std::printf("%g\n", Launch(setup, {Kernel(program, "add")}));
}

std::atomic<int> g_notified{0};
cl_program g_notified_of = nullptr;

void CL_CALLBACK Notify(cl_program program, void* data) {
  g_notified_of = program;
  g_notified += *static_cast<int*>(data);
}

void Callback(const Setup& setup) {
  int one = 1;
  cl_program program = Create(setup);
  Check(clBuildProgram(program, 1, &setup.device, "-DN=7", &Notify, &one), "build");
  for (int i = 0; i < 1000 && g_notified == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::printf("notified %d times, of the program: %d\n", g_notified.load(),
              g_notified_of == program);
  std::printf("%g\n", Launch(setup, {Kernel(program, "add")}));
  std::printf("wrong arguments: %d\n",
              clBuildProgram(Create(setup), 1, &setup.device, "", nullptr, &one));
}

void Threads(const Setup& setup) {
  std::vector<std::thread> threads;
  std::vector<float> results(8);
  for (size_t i = 0; i < results.size(); ++i) {
    threads.emplace_back([&, i] {
      const std::string options = "-DN=" + std::to_string(100 + i / 2);
      cl_program program = Build(setup, options.c_str());
      cl_kernel kernel = Kernel(program, "add");
      results[i] = Launch(setup, {kernel});
      clReleaseKernel(kernel);
      clReleaseProgram(program);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (float result : results) std::printf("%g\n", result);
}

// The folder's value.h says what is added.
void Include(const Setup& setup, const std::string& folder) {
  cl_program program =
      Build(setup, ("-I" + folder).c_str(),
            "#include \"value.h\"\nkernel void add(global float* a) { a[get_global_id(0)] += N; }");
  std::printf("%g\n", Launch(setup, {Kernel(program, "add")}));
}

void CompileAndLink(const Setup& setup) {
  cl_program part = Create(setup);
  Check(clCompileProgram(part, 1, &setup.device, "-DN=8", 0, nullptr, nullptr, nullptr, nullptr),
        "clCompileProgram");
  cl_int error = CL_SUCCESS;
  cl_program program =
      clLinkProgram(setup.context, 1, &setup.device, "", 1, &part, nullptr, nullptr, &error);
  Check(error, "clLinkProgram");
  std::printf("%g\n", Launch(setup, {Kernel(program, "add")}));
}

std::string ProgramText(cl_program program, cl_program_info what) {
  size_t size = 0;
  Check(clGetProgramInfo(program, what, 0, nullptr, &size), "clGetProgramInfo");
  std::string text(size, '\0');
  Check(clGetProgramInfo(program, what, size, text.data(), nullptr), "clGetProgramInfo");
  return text;
}

std::string BuildText(const Setup& setup, cl_program program, cl_program_build_info what) {
  size_t size = 0;
  Check(clGetProgramBuildInfo(program, setup.device, what, 0, nullptr, &size), "build info");
  std::string text(size, '\0');
  Check(clGetProgramBuildInfo(program, setup.device, what, size, text.data(), nullptr),
        "build info");
  return text.c_str();
}

std::vector<unsigned char> Binary(cl_program program) {
  size_t size = 0;
  Check(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof(size), &size, nullptr), "size");
  std::vector<unsigned char> binary(size);
  unsigned char* into = binary.data();
  Check(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof(into), &into, nullptr), "binary");
  return binary;
}

// Asks for the binary before the first launch, which freezes PoCL's: as CLBlast does.
void Frozen(const Setup& setup) {
  cl_program program = Build(setup, "-DN=9");
  std::printf("has a binary: %d\n", !Binary(program).empty());
  std::printf("%g\n", Launch(setup, {Kernel(program, "add"), Kernel(program, "twice")}));
}

void KernelInfo(cl_program program, cl_kernel kernel) {
  cl_program of = nullptr;
  Check(clGetKernelInfo(kernel, CL_KERNEL_PROGRAM, sizeof(of), &of, nullptr), "kernel's program");
  std::printf("its program: %d\n", of == program);
  char text[256] = "";
  Check(clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof(text), text, nullptr), "name");
  std::printf("name %s\n", text);
  Check(clGetKernelInfo(kernel, CL_KERNEL_ATTRIBUTES, sizeof(text), text, nullptr), "attributes");
  std::printf("attributes '%s'\n", text);
  Check(clGetKernelArgInfo(kernel, 0, CL_KERNEL_ARG_NAME, sizeof(text), text, nullptr), "argument");
  std::printf("argument %s\n", text);
  size_t group[3] = {};
  const cl_int error = clGetKernelWorkGroupInfo(kernel, nullptr, CL_KERNEL_COMPILE_WORK_GROUP_SIZE,
                                                sizeof(group), group, nullptr);
  std::printf("group %d %zu\n", error, group[0]);
}

void Info(const Setup& setup) {
  constexpr char kOptions[] = "-DN=10 -cl-kernel-arg-info";
  cl_program program = Build(setup, kOptions);
  cl_kernel kernels[4] = {};
  cl_uint made = 0;
  Check(clCreateKernelsInProgram(program, 4, kernels, &made), "clCreateKernelsInProgram");
  std::printf("%u kernels, %g\n", made, Launch(setup, {kernels[0], kernels[1]}));
  size_t count = 0;
  Check(clGetProgramInfo(program, CL_PROGRAM_NUM_KERNELS, sizeof(count), &count, nullptr), "count");
  cl_uint references = 0, devices = 0;
  Check(clGetProgramInfo(program, CL_PROGRAM_NUM_DEVICES, sizeof(devices), &devices, nullptr),
        "devices");
  std::printf("kernels %zu %s, devices %u\n", count,
              ProgramText(program, CL_PROGRAM_KERNEL_NAMES).c_str(), devices);
  std::printf("source kept: %d\n",
              ProgramText(program, CL_PROGRAM_SOURCE).c_str() == std::string(kSource));
  Check(clGetProgramInfo(program, CL_PROGRAM_REFERENCE_COUNT, sizeof(references), &references,
                         nullptr),
        "references");
  Check(clRetainProgram(program), "retain");
  Check(clReleaseProgram(program), "release");
  cl_uint later = 0;
  Check(clGetProgramInfo(program, CL_PROGRAM_REFERENCE_COUNT, sizeof(later), &later, nullptr),
        "references");
  std::printf("references as before: %d\n", references == later);
  cl_build_status status = CL_BUILD_NONE;
  Check(clGetProgramBuildInfo(program, setup.device, CL_PROGRAM_BUILD_STATUS, sizeof(status),
                              &status, nullptr),
        "status");
  std::printf("status %d, options '%s'\n", status,
              BuildText(setup, program, CL_PROGRAM_BUILD_OPTIONS).c_str());
  for (cl_uint i = 0; i < made; ++i) KernelInfo(program, kernels[i]);
  const std::vector<unsigned char> binary = Binary(program);
  const unsigned char* bytes = binary.data();
  const size_t size = binary.size();
  cl_int error = CL_SUCCESS;
  cl_program other =
      clCreateProgramWithBinary(setup.context, 1, &setup.device, &size, &bytes, nullptr, &error);
  Check(error, "clCreateProgramWithBinary");
  Check(clBuildProgram(other, 0, nullptr, nullptr, nullptr, nullptr), "build of the binary");
  std::printf("from its binary %g\n", Launch(setup, {Kernel(other, "add")}));
}

// A warning in the log, and a build that fails.
void Log(const Setup& setup) {
  cl_program program = Build(setup, "-DN=11",
                             "kernel void add(global float* a) {\n"
                             "#warning careful\n  a[get_global_id(0)] += N; }");
  std::printf("%g\n", Launch(setup, {Kernel(program, "add")}));
  const std::string log = BuildText(setup, program, CL_PROGRAM_BUILD_LOG);
  std::printf("warned: %d\n", log.find("careful") != std::string::npos);
  cl_program wrong = Create(setup, "kernel void wrong(");
  const cl_int error = clBuildProgram(wrong, 0, nullptr, "", nullptr, nullptr);
  const bool logged = !BuildText(setup, wrong, CL_PROGRAM_BUILD_LOG).empty();
  std::printf("fails: %d, with a log: %d\n", error, logged);
}

// One program for the first two devices of the platform.
void TwoDevices(const Setup& setup) {
  cl_platform_id platform = nullptr;
  cl_device_id devices[2] = {};
  cl_uint count = 0;
  Check(clGetDeviceInfo(setup.device, CL_DEVICE_PLATFORM, sizeof(platform), &platform, nullptr),
        "platform");
  Check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 2, devices, &count), "devices");
  std::printf("%u devices\n", count);
  Setup both = setup;
  cl_int error = CL_SUCCESS;
  both.context = clCreateContext(nullptr, count, devices, nullptr, nullptr, &error);
  Check(error, "context");
  cl_program program = Create(both);
  Check(clBuildProgram(program, 0, nullptr, "-DN=2", nullptr, nullptr), "build for two");
  for (cl_uint i = 0; i < count && i < 2; ++i) {
    both.queue = MakeQueue(both.context, devices[i]);
    std::printf("%g\n", Launch(both, {Kernel(program, "add")}));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 2 ? argv[2] : ".";
  const std::map<std::string, std::function<void(const Setup&)>> ways = {
      {"run", Run},
      {"unpack", [](const Setup& setup) { Unpack(setup, "-DN=3"); }},
      {"unpack-frozen", [](const Setup& setup) { Unpack(setup, "-DN=9"); }},
      {"release", Release},
      {"rebuild", Rebuild},
      {"callback", Callback},
      {"threads", Threads},
      {"include", [&](const Setup& setup) { Include(setup, folder); }},
      {"link", CompileAndLink},
      {"frozen", Frozen},
      {"info", Info},
      {"log", Log},
      {"devices", TwoDevices}};
  const auto way = ways.find(argc > 1 ? argv[1] : "");
  if (way == ways.end()) return 2;
  way->second(Open());
  return 0;
}
