// An app with OpenCL objects of its own, for tests of what it lends to the engine. The handles are
// opaque, as the public API takes them.
//
// Thread contract: thread-compatible.
#ifndef MACE_TESTING_OPENCL_APP_H_
#define MACE_TESTING_OPENCL_APP_H_

#include <cstddef>
#include <memory>
#include <vector>

namespace mace {

class OpenClApp {
 public:
  // A context of the first device of the first platform, with an in-order queue; null without one.
  static std::unique_ptr<OpenClApp> Create();
  ~OpenClApp();
  OpenClApp(const OpenClApp&) = delete;
  OpenClApp& operator=(const OpenClApp&) = delete;

  void* context() const;
  void* device() const;
  void* queue() const;
  // Another queue of the context, which runs out of order; null where the device has none.
  void* unordered_queue();

  // What the app makes lives as long as it does. The bytes are zeros.
  void* CreateBuffer(size_t bytes);
  void* CreateImage();
  void Write(void* buffer, size_t offset, const std::vector<float>& values);
  std::vector<float> Read(void* buffer, size_t offset, size_t count);

  void* CreateUserEvent();
  void Complete(void* user_event);
  void Fail(void* user_event);
  // CL_COMPLETE is 0, a failure is negative, what is not done is positive.
  static int StatusOf(void* event);
  // Writes the values when `after` (null: nothing) is done, and gives the write's event at once.
  void* WriteLater(void* buffer, const std::vector<float>& values, void* after);
  // References to the buffer, the app's own one included.
  static unsigned ReferencesOf(void* buffer);

 private:
  struct Objects;
  explicit OpenClApp(std::unique_ptr<Objects> objects);
  std::unique_ptr<Objects> objects_;
};

}  // namespace mace

#endif  // MACE_TESTING_OPENCL_APP_H_
