// The distinct convolutions of MobileNetV2, SqueezeNet 1.1 and ResNet-50 (inputs of 224 x 224) and
// of Inception-v3 (299 x 299), with the number of times that each occurs in one inference. Also a
// few large ones.
#ifndef BENCHMARKS_CONV_SHAPES_H_
#define BENCHMARKS_CONV_SHAPES_H_

#include <cstdint>

namespace mace {

struct ConvShape {
  const char* model;
  int64_t size;  // Input height and width.
  int64_t in_channels;
  int64_t out_channels;
  int64_t kernel_h, kernel_w;
  int64_t stride;
  int64_t padding;  // 0 VALID, 1 SAME.
  int64_t groups;
  int64_t count;
  int64_t batch = 1;
};

inline constexpr ConvShape kConvShapes[] = {
    {"mobilenet_v2", 224, 3, 32, 3, 3, 2, 1, 1, 1},
    {"mobilenet_v2", 112, 32, 32, 3, 3, 1, 1, 32, 1},
    {"mobilenet_v2", 112, 32, 16, 1, 1, 1, 1, 1, 1},
    {"mobilenet_v2", 112, 16, 96, 1, 1, 1, 1, 1, 1},
    {"mobilenet_v2", 112, 96, 96, 3, 3, 2, 1, 96, 1},
    {"mobilenet_v2", 56, 96, 24, 1, 1, 1, 1, 1, 1},
    {"mobilenet_v2", 56, 24, 144, 1, 1, 1, 1, 1, 2},
    {"mobilenet_v2", 56, 144, 144, 3, 3, 1, 1, 144, 1},
    {"mobilenet_v2", 56, 144, 24, 1, 1, 1, 1, 1, 1},
    {"mobilenet_v2", 56, 144, 144, 3, 3, 2, 1, 144, 1},
    {"mobilenet_v2", 28, 144, 32, 1, 1, 1, 1, 1, 1},
    {"mobilenet_v2", 28, 32, 192, 1, 1, 1, 1, 1, 3},
    {"mobilenet_v2", 28, 192, 192, 3, 3, 1, 1, 192, 2},
    {"mobilenet_v2", 28, 192, 32, 1, 1, 1, 1, 1, 2},
    {"mobilenet_v2", 28, 192, 192, 3, 3, 2, 1, 192, 1},
    {"mobilenet_v2", 14, 192, 64, 1, 1, 1, 1, 1, 1},
    {"mobilenet_v2", 14, 64, 384, 1, 1, 1, 1, 1, 4},
    {"mobilenet_v2", 14, 384, 384, 3, 3, 1, 1, 384, 4},
    {"mobilenet_v2", 14, 384, 64, 1, 1, 1, 1, 1, 3},
    {"mobilenet_v2", 14, 384, 96, 1, 1, 1, 1, 1, 1},
    {"mobilenet_v2", 14, 96, 576, 1, 1, 1, 1, 1, 3},
    {"mobilenet_v2", 14, 576, 576, 3, 3, 1, 1, 576, 2},
    {"mobilenet_v2", 14, 576, 96, 1, 1, 1, 1, 1, 2},
    {"mobilenet_v2", 14, 576, 576, 3, 3, 2, 1, 576, 1},
    {"mobilenet_v2", 7, 576, 160, 1, 1, 1, 1, 1, 1},
    {"mobilenet_v2", 7, 160, 960, 1, 1, 1, 1, 1, 3},
    {"mobilenet_v2", 7, 960, 960, 3, 3, 1, 1, 960, 3},
    {"mobilenet_v2", 7, 960, 160, 1, 1, 1, 1, 1, 2},
    {"mobilenet_v2", 7, 960, 320, 1, 1, 1, 1, 1, 1},
    {"mobilenet_v2", 7, 320, 1280, 1, 1, 1, 1, 1, 1},

    {"squeezenet1_1", 224, 3, 64, 3, 3, 2, 0, 1, 1},
    {"squeezenet1_1", 55, 64, 16, 1, 1, 1, 1, 1, 1},
    {"squeezenet1_1", 55, 16, 64, 1, 1, 1, 1, 1, 2},
    {"squeezenet1_1", 55, 16, 64, 3, 3, 1, 1, 1, 2},
    {"squeezenet1_1", 55, 128, 16, 1, 1, 1, 1, 1, 1},
    {"squeezenet1_1", 27, 128, 32, 1, 1, 1, 1, 1, 1},
    {"squeezenet1_1", 27, 32, 128, 1, 1, 1, 1, 1, 2},
    {"squeezenet1_1", 27, 32, 128, 3, 3, 1, 1, 1, 2},
    {"squeezenet1_1", 27, 256, 32, 1, 1, 1, 1, 1, 1},
    {"squeezenet1_1", 13, 256, 48, 1, 1, 1, 1, 1, 1},
    {"squeezenet1_1", 13, 48, 192, 1, 1, 1, 1, 1, 2},
    {"squeezenet1_1", 13, 48, 192, 3, 3, 1, 1, 1, 2},
    {"squeezenet1_1", 13, 384, 48, 1, 1, 1, 1, 1, 1},
    {"squeezenet1_1", 13, 384, 64, 1, 1, 1, 1, 1, 1},
    {"squeezenet1_1", 13, 64, 256, 1, 1, 1, 1, 1, 2},
    {"squeezenet1_1", 13, 64, 256, 3, 3, 1, 1, 1, 2},
    {"squeezenet1_1", 13, 512, 64, 1, 1, 1, 1, 1, 1},
    {"squeezenet1_1", 13, 512, 1000, 1, 1, 1, 1, 1, 1},

    {"resnet50", 224, 3, 64, 7, 7, 2, 1, 1, 1},
    {"resnet50", 56, 64, 64, 1, 1, 1, 1, 1, 1},
    {"resnet50", 56, 64, 64, 3, 3, 1, 1, 1, 3},
    {"resnet50", 56, 64, 256, 1, 1, 1, 1, 1, 4},
    {"resnet50", 56, 256, 64, 1, 1, 1, 1, 1, 2},
    {"resnet50", 56, 256, 128, 1, 1, 1, 1, 1, 1},
    {"resnet50", 56, 128, 128, 3, 3, 2, 1, 1, 1},
    {"resnet50", 56, 256, 512, 1, 1, 2, 1, 1, 1},
    {"resnet50", 28, 128, 512, 1, 1, 1, 1, 1, 4},
    {"resnet50", 28, 512, 128, 1, 1, 1, 1, 1, 3},
    {"resnet50", 28, 128, 128, 3, 3, 1, 1, 1, 3},
    {"resnet50", 28, 512, 256, 1, 1, 1, 1, 1, 1},
    {"resnet50", 28, 256, 256, 3, 3, 2, 1, 1, 1},
    {"resnet50", 28, 512, 1024, 1, 1, 2, 1, 1, 1},
    {"resnet50", 14, 256, 1024, 1, 1, 1, 1, 1, 6},
    {"resnet50", 14, 1024, 256, 1, 1, 1, 1, 1, 5},
    {"resnet50", 14, 256, 256, 3, 3, 1, 1, 1, 5},
    {"resnet50", 14, 1024, 512, 1, 1, 1, 1, 1, 1},
    {"resnet50", 14, 512, 512, 3, 3, 2, 1, 1, 1},
    {"resnet50", 14, 1024, 2048, 1, 1, 2, 1, 1, 1},
    {"resnet50", 7, 512, 2048, 1, 1, 1, 1, 1, 3},
    {"resnet50", 7, 2048, 512, 1, 1, 1, 1, 1, 2},
    {"resnet50", 7, 512, 512, 3, 3, 1, 1, 1, 2},

    {"inception_v3", 299, 3, 32, 3, 3, 2, 0, 1, 1},
    {"inception_v3", 149, 32, 32, 3, 3, 1, 0, 1, 1},
    {"inception_v3", 147, 32, 64, 3, 3, 1, 1, 1, 1},
    {"inception_v3", 73, 64, 80, 1, 1, 1, 1, 1, 1},
    {"inception_v3", 73, 80, 192, 3, 3, 1, 0, 1, 1},
    {"inception_v3", 35, 192, 64, 1, 1, 1, 1, 1, 2},
    {"inception_v3", 35, 192, 48, 1, 1, 1, 1, 1, 1},
    {"inception_v3", 35, 192, 32, 1, 1, 1, 1, 1, 1},
    {"inception_v3", 35, 48, 64, 5, 5, 1, 1, 1, 3},
    {"inception_v3", 35, 64, 96, 3, 3, 1, 1, 1, 4},
    {"inception_v3", 35, 96, 96, 3, 3, 1, 1, 1, 3},
    {"inception_v3", 35, 256, 64, 1, 1, 1, 1, 1, 3},
    {"inception_v3", 35, 256, 48, 1, 1, 1, 1, 1, 1},
    {"inception_v3", 35, 288, 64, 1, 1, 1, 1, 1, 4},
    {"inception_v3", 35, 288, 48, 1, 1, 1, 1, 1, 1},
    {"inception_v3", 35, 288, 384, 3, 3, 2, 0, 1, 1},
    {"inception_v3", 35, 96, 96, 3, 3, 2, 0, 1, 1},
    {"inception_v3", 17, 768, 192, 1, 1, 1, 1, 1, 12},
    {"inception_v3", 17, 768, 128, 1, 1, 1, 1, 1, 2},
    {"inception_v3", 17, 128, 128, 1, 7, 1, 1, 1, 2},
    {"inception_v3", 17, 128, 128, 7, 1, 1, 1, 1, 2},
    {"inception_v3", 17, 128, 192, 7, 1, 1, 1, 1, 1},
    {"inception_v3", 17, 128, 192, 1, 7, 1, 1, 1, 1},
    {"inception_v3", 17, 768, 160, 1, 1, 1, 1, 1, 4},
    {"inception_v3", 17, 160, 160, 1, 7, 1, 1, 1, 4},
    {"inception_v3", 17, 160, 160, 7, 1, 1, 1, 1, 4},
    {"inception_v3", 17, 160, 192, 7, 1, 1, 1, 1, 2},
    {"inception_v3", 17, 160, 192, 1, 7, 1, 1, 1, 2},
    {"inception_v3", 17, 192, 192, 1, 7, 1, 1, 1, 4},
    {"inception_v3", 17, 192, 192, 7, 1, 1, 1, 1, 4},
    {"inception_v3", 17, 192, 320, 3, 3, 2, 0, 1, 1},
    {"inception_v3", 17, 192, 192, 3, 3, 2, 0, 1, 1},
    {"inception_v3", 8, 1280, 320, 1, 1, 1, 1, 1, 1},
    {"inception_v3", 8, 1280, 384, 1, 1, 1, 1, 1, 1},
    {"inception_v3", 8, 1280, 448, 1, 1, 1, 1, 1, 1},
    {"inception_v3", 8, 1280, 192, 1, 1, 1, 1, 1, 1},
    {"inception_v3", 8, 384, 384, 1, 3, 1, 1, 1, 4},
    {"inception_v3", 8, 384, 384, 3, 1, 1, 1, 1, 4},
    {"inception_v3", 8, 448, 384, 3, 3, 1, 1, 1, 2},
    {"inception_v3", 8, 2048, 320, 1, 1, 1, 1, 1, 1},
    {"inception_v3", 8, 2048, 384, 1, 1, 1, 1, 1, 1},
    {"inception_v3", 8, 2048, 448, 1, 1, 1, 1, 1, 1},
    {"inception_v3", 8, 2048, 192, 1, 1, 1, 1, 1, 1},
};

// Convolutions with outputs as large as those of a batch of 16; the last one takes 59 GFLOP. They
// are large enough to keep a wide GPU busy, so that kernels can be compared with the device's peak.
// For GPUs only.
inline constexpr ConvShape kLargeConvShapes[] = {
    {"large", 224, 256, 256, 3, 3, 1, 1, 1, 1},
    {"large", 224, 256, 256, 1, 1, 1, 1, 1, 1},
    {"large", 224, 64, 64, 3, 3, 1, 1, 1, 1},
    {"large", 56, 256, 256, 3, 3, 1, 1, 1, 1, 16},
};

}  // namespace mace

#endif  // BENCHMARKS_CONV_SHAPES_H_
