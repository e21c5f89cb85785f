// A camera loop: frames in the format of cameras (NV12, 640x480) are converted to a model's input
// and computed, with one request and with several in flight. Every answer is compared with that of
// the CPU reference. The frames are drawn by the program, so that no camera is needed.
// usage: camera MODEL [--device gpu|cpu] [--cache FILE] [--frames 200] [--requests 3]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "mace/mace.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWidth = 640, kHeight = 480;  // Of the camera, in pixels.
constexpr int kScenes = 8;                  // Different frames; they come again and again.
constexpr float kTolerance = 1e-3f;         // Of an answer, relative to the largest magnitude.

double Milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

struct Options {
  std::string model, device = "gpu", cache;
  int frames = 200, requests = 3;
};

// A frame as cameras give it: luma for each pixel, then pairs of chroma for each 2x2 pixels.
struct Frame {
  std::vector<uint8_t> luma, chroma;
};

// A bright disc that moves over a gradient; `scene` is 0 to kScenes - 1.
Frame DrawScene(int scene) {
  Frame frame;
  frame.luma.resize(kWidth * kHeight);
  frame.chroma.resize(kWidth * kHeight / 2);
  const int middle_x = kWidth * (scene + 1) / (kScenes + 1), middle_y = kHeight / 2;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const int dx = x - middle_x, dy = y - middle_y;
      const bool in_disc = dx * dx + dy * dy < 100 * 100;
      frame.luma[y * kWidth + x] = static_cast<uint8_t>(in_disc ? 230 : 16 + 120 * y / kHeight);
      uint8_t* const pair = &frame.chroma[y / 2 * kWidth + x / 2 * 2];
      pair[0] = static_cast<uint8_t>(in_disc ? 90 : 128 + 60 * x / kWidth);
      pair[1] = static_cast<uint8_t>(in_disc ? 160 + 10 * scene : 110);
    }
  }
  return frame;
}

// How a model takes its picture: one of 1 or 3 channels, in either order of axes.
struct PictureFormat {
  int height = 0, width = 0, channels = 0;
  bool channels_first = false;
  std::vector<int64_t> dims;

  size_t elements() const { return static_cast<size_t>(height) * width * channels; }
};

// kInvalidArgument for a model that does not take exactly one picture of floats.
mace::StatusOr<PictureFormat> FormatOf(const std::vector<mace::TensorSpec>& inputs) {
  if (inputs.size() == 1 && inputs[0].dtype == mace::DType::kFloat32 &&
      inputs[0].dims.size() == 4) {
    PictureFormat format;
    format.dims = inputs[0].dims;
    if (format.dims[0] == -1) format.dims[0] = 1;
    const std::vector<int64_t>& d = format.dims;
    format.channels_first = d[3] != 1 && d[3] != 3;
    const int first = format.channels_first ? 2 : 1;
    format.height = static_cast<int>(d[first]);
    format.width = static_cast<int>(d[first + 1]);
    format.channels = static_cast<int>(d[format.channels_first ? 1 : 3]);
    if (d[0] == 1 && format.height > 0 && format.width > 0 &&
        (format.channels == 1 || format.channels == 3)) {
      return format;
    }
  }
  return mace::InvalidArgument("expected a model with one input, a float32 picture of 1 or 3 " +
                               std::string("channels, found ") +
                               (inputs.empty() ? "no input" : inputs[0].ToString()));
}

// Scales a frame to the format by taking the nearest pixels, and turns its colours (BT.601) into
// RGB or, for one channel, into grey, from 0 to 1.
void Convert(const Frame& frame, const PictureFormat& format, float* pixels) {
  const size_t plane = static_cast<size_t>(format.height) * format.width;
  const size_t step = format.channels_first ? plane : 1;
  for (int row = 0; row < format.height; ++row) {
    const int y = (2 * row + 1) * kHeight / (2 * format.height);
    for (int column = 0; column < format.width; ++column) {
      const int x = (2 * column + 1) * kWidth / (2 * format.width);
      const float luma = 1.164f * (static_cast<float>(frame.luma[y * kWidth + x]) - 16.0f);
      const uint8_t* const pair = &frame.chroma[y / 2 * kWidth + x / 2 * 2];
      const float blue = static_cast<float>(pair[0]) - 128.0f;
      const float red = static_cast<float>(pair[1]) - 128.0f;
      const float rgb[3] = {luma + 1.596f * red, luma - 0.392f * blue - 0.813f * red,
                            luma + 2.017f * blue};
      const size_t at = static_cast<size_t>(row) * format.width + column;
      float* const pixel = pixels + (format.channels_first ? at : at * format.channels);
      for (int c = 0; c < format.channels; ++c) {
        pixel[c * step] = std::clamp((format.channels == 1 ? luma : rgb[c]) / 255.0f, 0.0f, 1.0f);
      }
    }
  }
}

using Answer = std::vector<float>;

// The first output of a request's last run. kInvalidArgument for an output that is not of float32.
mace::StatusOr<Answer> FirstOutput(const mace::Request& request) {
  MACE_ASSIGN_OR_RETURN(const mace::Tensor tensor, request.Get(0));
  const float* const values = tensor.data<float>();
  if (values == nullptr) return mace::InvalidArgument("expected an output of float32");
  return Answer(values, values + tensor.elements());
}

// The largest difference, relative to the largest magnitude; infinite for answers of another size,
// and where only one of both is no number.
float DifferenceOf(const Answer& answer, const Answer& expected) {
  if (answer.size() != expected.size()) return INFINITY;
  float difference = 0, magnitude = 1e-6f;
  for (size_t i = 0; i < answer.size(); ++i) {
    if (std::isnan(answer[i]) != std::isnan(expected[i])) return INFINITY;
    difference = std::max(difference, std::fabs(answer[i] - expected[i]));
    magnitude = std::max(magnitude, std::fabs(expected[i]));
  }
  return difference / magnitude;
}

// What the CPU reference answers for each scene.
mace::StatusOr<std::vector<Answer>> ExpectedAnswers(const mace::Model& model,
                                                    const std::vector<Frame>& scenes,
                                                    const PictureFormat& format) {
  mace::CompileOptions options;
  options.device = "cpu";
  MACE_ASSIGN_OR_RETURN(auto compiled, mace::CompiledModel::Compile(model, options));
  MACE_ASSIGN_OR_RETURN(auto request, compiled.NewRequest());
  std::vector<float> pixels(format.elements());
  std::vector<Answer> answers;
  for (const Frame& scene : scenes) {
    Convert(scene, format, pixels.data());
    MACE_RETURN_IF_ERROR(request.Set(0, mace::Tensor::View(pixels.data(), format.dims)));
    MACE_RETURN_IF_ERROR(request.Run());
    MACE_ASSIGN_OR_RETURN(Answer answer, FirstOutput(request));
    answers.push_back(std::move(answer));
  }
  return answers;
}

// A request with the pixels that it reads, and the frame that it is computing.
struct Slot {
  mace::Request request;
  std::vector<float> pixels;
  int frame = -1;  // -1: none.
  Clock::time_point captured;
};

class Loop {
 public:
  Loop(const std::vector<Frame>& scenes, const std::vector<Answer>& expected,
       const PictureFormat& format)
      : scenes_(scenes), expected_(expected), format_(format) {}

  // Computes `frames` frames with this many requests in flight, and prints the rate, the median
  // time from the capture of a frame to its answer, and the largest difference.
  mace::Status Run(mace::CompiledModel compiled, int frames, int requests) {
    difference_ = 0;
    latencies_.clear();
    std::vector<Slot> slots(requests);
    for (Slot& slot : slots) {
      MACE_ASSIGN_OR_RETURN(slot.request, compiled.NewRequest());
      slot.pixels.resize(format_.elements());
    }
    const Clock::time_point begin = Clock::now();
    for (int frame = 0; frame < frames; ++frame) {
      Slot& slot = slots[frame % requests];
      MACE_RETURN_IF_ERROR(Finish(&slot));
      MACE_RETURN_IF_ERROR(Begin(frame, &slot));
    }
    for (int frame = frames; frame < frames + requests; ++frame) {  // The oldest one first.
      MACE_RETURN_IF_ERROR(Finish(&slots[frame % requests]));
    }
    const double seconds = Milliseconds(Clock::now() - begin) / 1e3;
    std::nth_element(latencies_.begin(), latencies_.begin() + latencies_.size() / 2,
                     latencies_.end());
    std::printf(
        "%d request%s in flight: %.1f frames/s, %.2f ms from frame to answer (median of "
        "%d), largest difference %.1e\n",
        requests, requests == 1 ? "" : "s", frames / seconds, latencies_[latencies_.size() / 2],
        frames, static_cast<double>(difference_));
    if (difference_ <= kTolerance) return mace::Status();
    return mace::Internal("expected the answers of the CPU reference, found others");
  }

 private:
  mace::Status Begin(int frame, Slot* slot) {
    slot->frame = frame;
    slot->captured = Clock::now();
    Convert(scenes_[frame % kScenes], format_, slot->pixels.data());
    MACE_RETURN_IF_ERROR(
        slot->request.Set(0, mace::Tensor::View(slot->pixels.data(), format_.dims)));
    return slot->request.Start();
  }

  mace::Status Finish(Slot* slot) {
    if (slot->frame < 0) return mace::Status();
    MACE_RETURN_IF_ERROR(slot->request.Wait());
    latencies_.push_back(Milliseconds(Clock::now() - slot->captured));
    MACE_ASSIGN_OR_RETURN(const Answer answer, FirstOutput(slot->request));
    difference_ = std::max(difference_, DifferenceOf(answer, expected_[slot->frame % kScenes]));
    slot->frame = -1;
    return mace::Status();
  }

  const std::vector<Frame>& scenes_;
  const std::vector<Answer>& expected_;
  const PictureFormat& format_;
  float difference_ = 0;
  std::vector<double> latencies_;  // In milliseconds.
};

// Compiles the model and computes one scene; prints how long both took and whether that was warm.
mace::StatusOr<mace::CompiledModel> StartModel(const mace::Model& model, const Options& options,
                                               const Frame& scene, const PictureFormat& format) {
  const Clock::time_point begin = Clock::now();
  mace::CompileOptions compile_options;
  compile_options.device = options.device;
  compile_options.cache.path = options.cache;
  MACE_ASSIGN_OR_RETURN(auto compiled, mace::CompiledModel::Compile(model, compile_options));
  MACE_ASSIGN_OR_RETURN(auto request, compiled.NewRequest());
  std::vector<float> pixels(format.elements());
  Convert(scene, format, pixels.data());
  MACE_RETURN_IF_ERROR(request.Set(0, mace::Tensor::View(pixels.data(), format.dims)));
  MACE_RETURN_IF_ERROR(request.Run());
  const double spent = Milliseconds(Clock::now() - begin);
  const mace::Statistics found = compiled.statistics();
  std::printf("device: %s\nstart: %.0f ms to the first answer, %d programs compiled\n",
              found.device.c_str(), spent, static_cast<int>(found.cache.built_from_source));
  return compiled;
}

mace::Status RunCamera(const Options& options) {
  MACE_ASSIGN_OR_RETURN(const mace::Model model, mace::Model::Load(options.model));
  MACE_ASSIGN_OR_RETURN(const PictureFormat format, FormatOf(model.inputs()));
  std::vector<Frame> scenes;
  for (int scene = 0; scene < kScenes; ++scene) scenes.push_back(DrawScene(scene));
  MACE_ASSIGN_OR_RETURN(auto compiled, StartModel(model, options, scenes[0], format));
  MACE_ASSIGN_OR_RETURN(const auto expected, ExpectedAnswers(model, scenes, format));
  Loop loop(scenes, expected, format);
  MACE_RETURN_IF_ERROR(loop.Run(compiled, options.frames, 1));
  return loop.Run(compiled, options.frames, options.requests);
}

// A whole number from 1 to a million; kInvalidArgument names the option.
mace::StatusOr<int> ParseCount(const std::string& name, const std::string& text) {
  char* end = nullptr;
  const long count = std::strtol(text.c_str(), &end, 10);
  if (!text.empty() && *end == '\0' && count >= 1 && count <= 1000000)
    return static_cast<int>(count);
  return mace::InvalidArgument(name + ": expected a number from 1 to 1000000, found '" + text +
                               "'");
}

mace::StatusOr<Options> ParseArguments(const std::vector<std::string>& arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    const std::string value = i + 1 < arguments.size() ? arguments[i + 1] : "";
    if (name.compare(0, 2, "--") != 0) {
      options.model = name;
      continue;
    }
    ++i;
    if (name == "--device") {
      options.device = value;
    } else if (name == "--cache") {
      options.cache = value;
    } else if (name == "--frames") {
      MACE_ASSIGN_OR_RETURN(options.frames, ParseCount(name, value));
    } else if (name == "--requests") {
      MACE_ASSIGN_OR_RETURN(options.requests, ParseCount(name, value));
    } else {
      return mace::InvalidArgument("unknown option " + name);
    }
  }
  if (!options.model.empty()) return options;
  return mace::InvalidArgument(
      "usage: camera MODEL [--device gpu|cpu] [--cache FILE] [--frames 200] [--requests 3]");
}

mace::Status Main(const std::vector<std::string>& arguments) {
  MACE_ASSIGN_OR_RETURN(const Options options, ParseArguments(arguments));
  return RunCamera(options);
}

}  // namespace

int main(int argc, char** argv) {
  const mace::Status status = Main(std::vector<std::string>(argv + 1, argv + argc));
  if (!status.ok()) std::fprintf(stderr, "camera: %s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}
