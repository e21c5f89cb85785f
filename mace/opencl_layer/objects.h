// The layer's records of the application's programs and kernels.
//
// An application holds the driver's own handles. If the layer finds a program in the cache, the
// application's program is never built. The layer makes a second, hidden program from the stored
// binary, and the application's kernels are made from that one (README.md says why). The layer
// holds a reference to such a program, and to one that must still be stored, until the application
// has released it and all of its kernels.
//
// Thread contract: thread-safe. The table's mutex guards the members marked so; no driver is called
// while it is held.
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

// The functions below this layer: those of another layer or of the loader. REQUIRES: the layer is
// active.
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

// The properties of a launch for which PoCL generates code at the first such launch.
struct LaunchShape {
  cl_uint dimensions = 0;
  size_t local[3] = {0, 0, 0};   // Zeros: the driver chooses it,
  size_t global[3] = {0, 0, 0};  // depending on these; else zeros.
  bool offset = false;
  bool large = false;

  bool operator==(const LaunchShape& other) const;
  std::string Text() const;  // "16x8", "any of 1024", "64 offset large".
};

LaunchShape MakeLaunchShape(cl_uint dimensions, const size_t* offset, const size_t* global,
                            const size_t* local);

enum class BuildState {
  kNone,       // Not built, or the build failed.
  kUntouched,  // The layer does not handle it.
  kHit,        // Found: the hidden program replaces it.
  kPending,    // Compiled; to be stored.
  kStored,     // Compiled and stored.
};

struct TrackedProgram {
  // Set once, when the program is created.
  cl_program handle = nullptr;
  cl_context context = nullptr;
  std::string source;

  // Set by a build; no other call on the program may run at the same time.
  std::string options;
  std::string files;  // Contents of included files (source_check.h).
  cl_device_id device = nullptr;
  DeviceIdentity device_identity;
  bool specialises = false;  // PoCL: launches make code that a binary should hold.
  Sha256Digest key = {};
  std::string cached_log;  // The build log that was stored with a hit.
  std::shared_ptr<CacheStore> store;

  // The members below are guarded by the table's mutex.
  BuildState state = BuildState::kNone;
  std::shared_ptr<HiddenProgram> hidden;
  int references = 1;         // Held by the application.
  int kernels = 0;            // Kernels alive of a hit or a pending program.
  bool held = false;          // The layer holds a reference to `handle`.
  bool binary_asked = false;  // The application asked for it since the build.
  bool wanted = true;         // Store it: a scope with keep = 1 made a kernel.
  // By kernel: the launch shapes (as Text()) for which the stored binary has code.
  std::map<std::string, std::set<std::string>> covered;
  bool new_shapes = false;  // A launch had a shape that is not in `covered`.
  std::map<std::string, std::vector<LaunchShape>> launches;  // By kernel; every created one.
  std::vector<cl_event> first_launches;  // One for each shape; the layer holds references.
};

struct TrackedKernel {
  std::shared_ptr<TrackedProgram> program;
  std::string name;
  int references = 1;
};

// All programs from source, and the kernels of hits and pending programs. Never destroyed, because
// calls may come at any time while the process ends.
struct ObjectTable {
  std::mutex mutex;
  std::unordered_map<cl_program, std::shared_ptr<TrackedProgram>> programs;
  std::unordered_map<cl_kernel, TrackedKernel> kernels;
  // Programs to be stored that the application released before their launches had finished.
  std::vector<std::shared_ptr<TrackedProgram>> waiting;
  // The number of programs whose launches must be recorded: pending ones, and stored ones if the
  // driver specialises. If it is 0, launches need no look-up.
  std::atomic<int> watched{0};

  std::shared_ptr<TrackedProgram> Find(cl_program program);
  // Null if the kernel is not tracked; `name` may be null.
  std::shared_ptr<TrackedProgram> ProgramOf(cl_kernel kernel, std::string* name);
  // Sets the state and updates `watched`. REQUIRES: the mutex is held.
  void SetState(TrackedProgram* program, BuildState state);
};

ObjectTable& Objects();

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_OBJECTS_H_
