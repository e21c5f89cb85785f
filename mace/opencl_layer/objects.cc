#include "mace/opencl_layer/objects.h"

#include <algorithm>

namespace mace {
namespace {

// PoCL compiles different code for grids with more work-groups than this in a dimension.
constexpr size_t kLargeGrid = 65535;

}  // namespace

bool LaunchShape::operator==(const LaunchShape& other) const {
  return dimensions == other.dimensions && offset == other.offset && large == other.large &&
         std::equal(local, local + 3, other.local) && std::equal(global, global + 3, other.global);
}

std::string LaunchShape::Text() const {
  const size_t* sizes = local[0] != 0 ? local : global;
  std::string text = local[0] != 0 ? "" : "any of ";
  for (cl_uint i = 0; i < dimensions; ++i) {
    text += (i == 0 ? "" : "x") + std::to_string(sizes[i]);
  }
  if (offset) text += " offset";
  if (large) text += " large";
  return text;
}

LaunchShape MakeLaunchShape(cl_uint dimensions, const size_t* offset, const size_t* global,
                            const size_t* local) {
  LaunchShape shape;
  shape.dimensions = std::min<cl_uint>(dimensions, 3);
  for (cl_uint i = 0; i < shape.dimensions; ++i) {
    const size_t global_size = global == nullptr ? 0 : global[i];
    const size_t local_size = local == nullptr ? 0 : local[i];
    (local == nullptr ? shape.global[i] : shape.local[i]) =
        local == nullptr ? global_size : local_size;
    shape.offset = shape.offset || (offset != nullptr && offset[i] != 0);
    shape.large = shape.large || global_size / std::max<size_t>(local_size, 1) >= kLargeGrid;
  }
  return shape;
}

std::shared_ptr<TrackedProgram> ObjectTable::Find(cl_program program) {
  std::lock_guard<std::mutex> lock(mutex);
  const auto found = programs.find(program);
  return found == programs.end() ? nullptr : found->second;
}

std::shared_ptr<TrackedProgram> ObjectTable::ProgramOf(cl_kernel kernel, std::string* name) {
  std::lock_guard<std::mutex> lock(mutex);
  const auto found = kernels.find(kernel);
  if (found == kernels.end()) return nullptr;
  if (name != nullptr) *name = found->second.name;
  return found->second.program;
}

void ObjectTable::SetState(TrackedProgram* program, BuildState state) {
  const auto is_watched = [&](BuildState of) {
    const bool stored = of == BuildState::kHit || of == BuildState::kStored;
    return of == BuildState::kPending || (stored && program->specialises) ? 1 : 0;
  };
  watched += is_watched(state) - is_watched(program->state);
  program->state = state;
}

ObjectTable& Objects() {
  static auto* const objects = new ObjectTable;
  return *objects;
}

}  // namespace mace
