/* mace in C: load a model, run it on the best OpenCL device (or on the one that is named), print
 * its outputs. usage: example MODEL [DEVICE] */
#include <stdio.h>

#include "mace/mace_c.h"

#define CHECK(call) \
  if ((call) != MACE_OK) return fprintf(stderr, "example: %s\n", mace_last_error_message()), 1

int main(int argc, char** argv) {
  mace_model* model;
  mace_compiled_model* compiled;
  mace_request* request;
  mace_compile_options options;
  mace_tensor_spec spec = {0};
  spec.struct_size = sizeof(spec);
  mace_compile_options_init(&options, sizeof(options));
  options.device = argc > 2 ? argv[2] : "gpu";
  CHECK(mace_model_load(argc > 1 ? argv[1] : NULL, NULL, &model));
  CHECK(mace_compile(model, &options, &compiled));
  CHECK(mace_compiled_model_new_request(compiled, &request));
  for (size_t i = 0; i < mace_model_input_count(model); ++i) {
    mace_tensor* zeros; /* A model whose dims are all known. */
    CHECK(mace_model_input(model, i, &spec));
    CHECK(mace_tensor_allocate(spec.dtype, spec.dims, spec.rank, &zeros));
    CHECK(mace_request_set_at(request, i, zeros));
    mace_tensor_free(zeros);
  }
  CHECK(mace_request_run(request));
  for (size_t i = 0; i < mace_model_output_count(model); ++i) {
    mace_tensor* output;
    CHECK(mace_model_output(model, i, &spec));
    CHECK(mace_request_get_at(request, i, &output));
    printf("%s: %ld elements of %s\n", spec.name, (long)mace_tensor_elements(output),
           mace_dtype_name(mace_tensor_dtype(output)));
    for (int64_t k = 0; spec.dtype == MACE_DTYPE_FLOAT32 && k < mace_tensor_elements(output); ++k) {
      printf("%g\n", (double)((const float*)mace_tensor_data(output))[k]);
    }
    mace_tensor_free(output);
  }
  mace_request_free(request);
  mace_compiled_model_free(compiled);
  mace_model_free(model);
  return 0;
}
