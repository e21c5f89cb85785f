#include "mace/testing/opencl_app.h"

#include <CL/cl.h>
#include <gtest/gtest.h>

#include <utility>

#include "mace/cl/handle.h"

namespace mace {

struct OpenClApp::Objects {
  cl_device_id device = nullptr;
  ClContextHandle context;
  ClQueueHandle queue;
  ClQueueHandle unordered_queue;
  std::vector<ClMemHandle> memory;
  std::vector<ClEventHandle> events;
  std::vector<std::vector<float>> kept;  // What is written later.
};

namespace {

bool IsUnsetUserEvent(cl_event event) {
  cl_command_type type = 0;
  cl_int status = CL_COMPLETE;
  return clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof(type), &type, nullptr) == CL_SUCCESS &&
         clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status,
                        nullptr) == CL_SUCCESS &&
         type == CL_COMMAND_USER && status > CL_COMPLETE;
}

}  // namespace

OpenClApp::OpenClApp(std::unique_ptr<Objects> objects) : objects_(std::move(objects)) {}

OpenClApp::~OpenClApp() {
  // NVIDIA's driver waits for ever in clReleaseContext for a user event whose status nobody has set.
  for (const ClEventHandle& event : objects_->events) {
    if (IsUnsetUserEvent(event.get())) clSetUserEventStatus(event.get(), -1);
  }
  if (objects_->queue) clFinish(objects_->queue.get());
}

std::unique_ptr<OpenClApp> OpenClApp::Create() {
  auto objects = std::make_unique<Objects>();
  cl_platform_id platform = nullptr;
  if (clGetPlatformIDs(1, &platform, nullptr) != CL_SUCCESS) return nullptr;
  if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &objects->device, nullptr) != CL_SUCCESS) {
    return nullptr;
  }
  cl_int error = CL_SUCCESS;
  objects->context =
      ClContextHandle(clCreateContext(nullptr, 1, &objects->device, nullptr, nullptr, &error));
  if (error != CL_SUCCESS) return nullptr;
  objects->queue =
      ClQueueHandle(clCreateCommandQueue(objects->context.get(), objects->device, 0, &error));
  if (error != CL_SUCCESS) return nullptr;
  return std::unique_ptr<OpenClApp>(new OpenClApp(std::move(objects)));
}

void* OpenClApp::context() const { return objects_->context.get(); }
void* OpenClApp::device() const { return objects_->device; }
void* OpenClApp::queue() const { return objects_->queue.get(); }

void* OpenClApp::unordered_queue() {
  cl_int error = CL_SUCCESS;
  ClQueueHandle queue(clCreateCommandQueue(objects_->context.get(), objects_->device,
                                           CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, &error));
  if (error != CL_SUCCESS) return nullptr;
  objects_->unordered_queue = std::move(queue);
  return objects_->unordered_queue.get();
}

void* OpenClApp::CreateBuffer(size_t bytes) {
  std::vector<unsigned char> zeros(bytes);
  cl_int error = CL_SUCCESS;
  ClMemHandle memory(clCreateBuffer(objects_->context.get(),
                                    CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes, zeros.data(),
                                    &error));
  EXPECT_EQ(CL_SUCCESS, error);
  objects_->memory.push_back(std::move(memory));
  return objects_->memory.back().get();
}

void* OpenClApp::CreateImage() {
  const cl_image_format format = {CL_RGBA, CL_FLOAT};
  cl_image_desc description = {};
  description.image_type = CL_MEM_OBJECT_IMAGE2D;
  description.image_width = description.image_height = 8;
  cl_int error = CL_SUCCESS;
  ClMemHandle memory(clCreateImage(objects_->context.get(), CL_MEM_READ_WRITE, &format,
                                   &description, nullptr, &error));
  EXPECT_EQ(CL_SUCCESS, error);
  objects_->memory.push_back(std::move(memory));
  return objects_->memory.back().get();
}

void OpenClApp::Write(void* buffer, size_t offset, const std::vector<float>& values) {
  EXPECT_EQ(CL_SUCCESS, clEnqueueWriteBuffer(objects_->queue.get(), static_cast<cl_mem>(buffer),
                                             CL_TRUE, offset, values.size() * sizeof(float),
                                             values.data(), 0, nullptr, nullptr));
}

std::vector<float> OpenClApp::Read(void* buffer, size_t offset, size_t count) {
  std::vector<float> values(count);
  EXPECT_EQ(CL_SUCCESS,
            clEnqueueReadBuffer(objects_->queue.get(), static_cast<cl_mem>(buffer), CL_TRUE, offset,
                                count * sizeof(float), values.data(), 0, nullptr, nullptr));
  return values;
}

void* OpenClApp::CreateUserEvent() {
  cl_int error = CL_SUCCESS;
  objects_->events.emplace_back(clCreateUserEvent(objects_->context.get(), &error));
  EXPECT_EQ(CL_SUCCESS, error);
  return objects_->events.back().get();
}

void OpenClApp::Complete(void* user_event) {
  EXPECT_EQ(CL_SUCCESS, clSetUserEventStatus(static_cast<cl_event>(user_event), CL_COMPLETE));
}

void OpenClApp::Fail(void* user_event) {
  EXPECT_EQ(CL_SUCCESS, clSetUserEventStatus(static_cast<cl_event>(user_event), -1));
}

int OpenClApp::StatusOf(void* event) {
  cl_int status = CL_QUEUED;
  EXPECT_EQ(CL_SUCCESS,
            clGetEventInfo(static_cast<cl_event>(event), CL_EVENT_COMMAND_EXECUTION_STATUS,
                           sizeof(status), &status, nullptr));
  return status;
}

void* OpenClApp::WriteLater(void* buffer, const std::vector<float>& values, void* after) {
  objects_->kept.push_back(values);
  const std::vector<float>& kept = objects_->kept.back();
  cl_event first = static_cast<cl_event>(after), event = nullptr;
  EXPECT_EQ(CL_SUCCESS,
            clEnqueueWriteBuffer(objects_->queue.get(), static_cast<cl_mem>(buffer), CL_FALSE, 0,
                                 kept.size() * sizeof(float), kept.data(), first != nullptr ? 1 : 0,
                                 first != nullptr ? &first : nullptr, &event));
  EXPECT_EQ(CL_SUCCESS, clFlush(objects_->queue.get()));
  objects_->events.emplace_back(event);
  return event;
}

unsigned OpenClApp::ReferencesOf(void* buffer) {
  cl_uint count = 0;
  EXPECT_EQ(CL_SUCCESS, clGetMemObjectInfo(static_cast<cl_mem>(buffer), CL_MEM_REFERENCE_COUNT,
                                           sizeof(count), &count, nullptr));
  return count;
}

}  // namespace mace
