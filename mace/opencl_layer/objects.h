// The layer's records of the application's programs and kernels.
//
// An application holds the driver's own handles. A program that the layer found in the cache is
// never built itself: beside it stands a hidden one, made from the stored binary, and its kernels
// are the hidden one's (README.md says why). The layer holds a reference of such a program, and of
// one that is still to be stored, until the application has released it and all of its kernels.
//
// Thread contract: thread-safe. Members that are marked so are guarded by the table's mutex, under
// which no driver is called.
#ifndef MACE_OPENCL_LAYER_OBJECTS_H_
#define MACE_OPENCL_LAYER_OBJECTS_H_

#include <CL/cl_icd.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "mace/cache/store.h"

namespace mace {

// The functions below the layer: another layer's or the loader's. REQUIRES: the layer is active.
const cl_icd_dispatch& Driver();

// A driver's program that the layer made.
class HiddenProgram {
 public:
  explicit HiddenProgram(cl_program handle) : handle_(handle) {}
  ~HiddenProgram() { Driver().clReleaseProgram(handle_); }
  HiddenProgram(const HiddenProgram&) = delete;
  HiddenProgram& operator=(const HiddenProgram&) = delete;
  cl_program get() const { return handle_; }

 private:
  const cl_program handle_;
};

// A form of launch; PoCL generates code for each form, at its first launch.
struct LaunchShape {
  cl_uint dimensions = 0;
  size_t local[3] = {0, 0, 0};   // Zeros: the driver's choice,
  size_t global[3] = {0, 0, 0};  // which then goes by these; else zeros.
  bool offset = false;
  bool large = false;

  bool operator==(const LaunchShape& other) const;
  std::string Text() const;  // "16x8", "any of 1024", "64 offset large".
};

LaunchShape MakeLaunchShape(cl_uint dimensions, const size_t* offset, const size_t* global,
                            const size_t* local);

enum class BuildState {
  kNone,       // Never built, or in vain.
  kUntouched,  // The driver's affair.
  kHit,        // The hidden program stands for it.
  kPending,    // Compiled, to be stored.
  kStored,     // Compiled, and stored.
};

struct TrackedProgram {
  // Set once, at the creation.
  cl_program handle = nullptr;
  cl_context context = nullptr;
  std::string source;

  // Set by a build, which no other call on the program may accompany.
  std::string options;
  std::string files;  // Files that it includes; see source_check.h.
  cl_device_id device = nullptr;
  DeviceIdentity device_identity;
  bool specialises = false;  // PoCL: makes code at launches, which a binary should hold.
  Sha256Digest key = {};
  std::string cached_log;  // The build log of a hit.
  std::shared_ptr<CacheStore> store;

  // Guarded by the table's mutex.
  BuildState state = BuildState::kNone;
  std::shared_ptr<HiddenProgram> hidden;
  int references = 1;         // The application's.
  int kernels = 0;            // Alive, of a hit or a pending one.
  bool held = false;          // Whether the layer holds a reference of `handle`.
  bool binary_asked = false;  // By the application, since the build.
  bool wanted = true;         // In the store: a kernel was made where what is compiled is kept.
  // Launch shapes by kernel, as Text(), for which the stored binary has code.
  std::map<std::string, std::set<std::string>> covered;
  bool new_shapes = false;  // It was launched in one that is not among them.
  std::map<std::string, std::vector<LaunchShape>> launches;  // By kernel; all kernels created.
  std::vector<cl_event> first_launches;  // One for each shape; the layer's references.
};

struct TrackedKernel {
  std::shared_ptr<TrackedProgram> program;
  std::string name;
  int references = 1;
};

// Every program from source, and every kernel of those that are hits or pending. Never destroyed:
// calls may come at any time of a process's end.
struct ObjectTable {
  std::mutex mutex;
  std::unordered_map<cl_program, std::shared_ptr<TrackedProgram>> programs;
  std::unordered_map<cl_kernel, TrackedKernel> kernels;
  // Programs to be stored that the application has released, whose launches had not finished then.
  std::vector<std::shared_ptr<TrackedProgram>> waiting;
  // Programs whose launches matter: pending ones, and on a driver that specialises those stored
  // before. With none, launches need no look.
  std::atomic<int> watched{0};

  std::shared_ptr<TrackedProgram> Find(cl_program program);
  // Null where the kernel is not tracked; `name` may be null.
  std::shared_ptr<TrackedProgram> ProgramOf(cl_kernel kernel, std::string* name);
  // Keeps `watched` right. REQUIRES: the mutex is held.
  void SetState(TrackedProgram* program, BuildState state);
};

ObjectTable& Objects();

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_OBJECTS_H_
