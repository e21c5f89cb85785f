// recurrent: whole sequences of an RNN, GRU or LSTM, see recurrent.h. One work-group of GROUP items takes one sequence in
// one direction through all steps; each item computes every GROUP-th unit, and the state lies in local memory.
//
//   products  [step][sequence][direction][gate][unit]: w * x with w's bias, of all steps
//   r         [direction][unit of the state][gate][unit]
//   r_bias    [direction][gate][unit], peepholes [direction][i, o, f][unit]
//
// CELL: 0 RNN, 1 GRU, 2 LSTM. HIDDEN: units. DIRECTIONS. LINEAR: linear_before_reset. INPUT_FORGET. PEEPHOLES (0, 1).
// LENGTHS, H0, C0: 0 not given, 1 constant floats, 2 a tensor (of integers for the lengths). FUNCTIONS: an int4 for each
// direction of what its functions are, as recurrent_function.h numbers them. MORE_FUNCTIONS (0, 1): whether there are
// others than the first three; then ALPHAS and BETAS have a float4 for each direction.
#ifdef USE_recurrent
#undef GATES
#if CELL == 0
#define GATES 1
#elif CELL == 1
#define GATES 3
#else
#define GATES 4
#endif

#undef LENGTHS_PARAMETER
#undef H0_PARAMETER
#undef C0_PARAMETER
#undef H0_VALUE
#undef C0_VALUE
#if LENGTHS == 0
#define LENGTHS_PARAMETER
#elif LENGTHS == 1
#define LENGTHS_PARAMETER __global const float *restrict lengths,
#else
#define LENGTHS_PARAMETER __global const int *restrict lengths,
#endif
#if H0 == 0
#define H0_PARAMETER
#define H0_VALUE(i) 0.0f
#elif H0 == 1
#define H0_PARAMETER __global const float *restrict h0,
#define H0_VALUE(i) h0[i]
#else
#define H0_PARAMETER __global const STORAGE_T *restrict h0,
#define H0_VALUE(i) LOAD(h0, i)
#endif
#if C0 == 0
#define C0_PARAMETER
#define C0_VALUE(i) 0.0f
#elif C0 == 1
#define C0_PARAMETER __global const float *restrict c0,
#define C0_VALUE(i) c0[i]
#else
#define C0_PARAMETER __global const STORAGE_T *restrict c0,
#define C0_VALUE(i) LOAD(c0, i)
#endif

// A function of recurrent_function.h; p: its alpha and beta.
inline float FUNCTION(apply)(int which, float2 p, float x) {
  if (which == 0) return 1.0f / (1.0f + exp(-x));
  if (which == 1) return tanh(x);
#if MORE_FUNCTIONS
  if (which == 3) return p.x * x + p.y;
  if (which == 4) return x < 0.0f ? p.x * x : x;
  if (which == 5) return x > p.x ? x : 0.0f;
  if (which == 6) return p.x * tanh(p.y * x);
  if (which == 7) return clamp(p.x * x + p.y, 0.0f, 1.0f);
  if (which == 8) return x < 0.0f ? p.x * expm1(x) : x;
  if (which == 9) return x / (1.0f + fabs(x));
  if (which == 10) return fmax(x, 0.0f) + log1p(exp(-fabs(x)));
#endif
  return x < 0.0f ? 0.0f : x;
}
// The function of a gate; x is cut to [-limit, limit] first.
inline float FUNCTION(gate)(int which, float2 p, float x, float limit) {
  // A NaN stays one.
  return FUNCTION(apply)(which, p, x < -limit ? -limit : (x > limit ? limit : x));
}
// The function `at` (x, y or z) of a direction.
#undef PARAMETERS
#undef GATE_OF
#if MORE_FUNCTIONS
#define PARAMETERS(at) (float2)(alpha.at, beta.at)
#else
#define PARAMETERS(at) (float2)(0.0f)
#endif
#define GATE_OF(at, x) FUNCTION(gate)(f.at, PARAMETERS(at), x, limit)

// The state times one gate's column of r, with its bias.
inline float FUNCTION(product)(__local const float *state, __global const STORAGE_T *restrict r,
                               __global const float *restrict r_bias, int direction, int column) {
  float sum = r_bias[direction * GATES * HIDDEN + column];
  for (int i = 0; i < HIDDEN; ++i) {
    sum += state[i] * LOAD(r, (direction * HIDDEN + i) * GATES * HIDDEN + column);
  }
  return sum;
}

#if CELL == 2
// The cell's state behind the step, and the unit's output; `sums` are those of i, o, f and c.
inline float2 FUNCTION(lstm)(float4 sums, float before, __global const float *peephole, int4 f, float4 alpha,
                              float4 beta, float limit) {
#if PEEPHOLES
  sums.x += peephole[0] * before;
  sums.z += peephole[2 * HIDDEN] * before;
#endif
  const float in = GATE_OF(x, sums.x);
  const float forget = INPUT_FORGET ? 1.0f - in : GATE_OF(x, sums.z);
  const float after = forget * before + in * GATE_OF(y, sums.w);
#if PEEPHOLES
  sums.y += peephole[HIDDEN] * after;
#endif
  return (float2)(after, GATE_OF(x, sums.y) * FUNCTION(apply)(f.z, PARAMETERS(z), after));
}
#endif

// What a gate of unit u is given in this step: the products with the input and with the state.
#undef INPUT
#undef PRODUCT
#define INPUT(gate) LOAD(products, input + (gate)*HIDDEN + u)
#define PRODUCT(state, gate) FUNCTION(product)(state, r, r_bias, direction, (gate)*HIDDEN + u)

__kernel void KERNEL(__global const STORAGE_T *restrict products, __global const STORAGE_T *restrict r,
                     __global const float *restrict r_bias, __global const float *restrict peepholes,
                     LENGTHS_PARAMETER H0_PARAMETER C0_PARAMETER __global STORAGE_T *y, __global STORAGE_T *last_h,
#if CELL == 2
                     __global STORAGE_T *last_c,
#endif
                     int steps, int sequences, float limit) {
  __local float h[HIDDEN];
  __local float next[HIDDEN];
  __local float other[HIDDEN];  // An LSTM's c, a GRU's update gate.
  const int lane = get_local_id(0);
  const int instance = get_group_id(0);
  const int direction = instance / sequences;
  const int n = instance - direction * sequences;
  const int4 functions[] = {FUNCTIONS};
  const int4 f = functions[direction];
#if MORE_FUNCTIONS
  const float4 alphas[] = {ALPHAS}, betas[] = {BETAS};
  const float4 alpha = alphas[direction], beta = betas[direction];
#else
  const float4 alpha = (float4)(0.0f), beta = alpha;
#endif
  for (int u = lane; u < HIDDEN; u += GROUP) {
    h[u] = H0_VALUE(instance * HIDDEN + u);
    other[u] = C0_VALUE(instance * HIDDEN + u);
  }
#if LENGTHS == 0
  const int length = steps;
#else
  const int length = clamp((int)lengths[n], 0, steps);
#endif
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int step = 0; step < length; ++step) {
    const int t = (REVERSED >> direction & 1) ? length - 1 - step : step;
    const int input = ((t * sequences + n) * DIRECTIONS + direction) * GATES * HIDDEN;
    for (int u = lane; u < HIDDEN; u += GROUP) {
      const float first = INPUT(0) + PRODUCT(h, 0);
#if CELL == 0
      next[u] = GATE_OF(x, first);
#elif CELL == 1
      const float reset = GATE_OF(x, INPUT(1) + PRODUCT(h, 1));
      other[u] = GATE_OF(x, first);
#if LINEAR
      next[u] = GATE_OF(y, INPUT(2) + reset * PRODUCT(h, 2));
#else
      next[u] = reset * h[u];
#endif
#else
      const float4 sums = (float4)(first, INPUT(1) + PRODUCT(h, 1), INPUT_FORGET ? 0.0f : INPUT(2) + PRODUCT(h, 2),
                                   INPUT(3) + PRODUCT(h, 3));
      const float2 both = FUNCTION(lstm)(sums, other[u], peepholes + direction * 3 * HIDDEN + u, f, alpha, beta, limit);
      other[u] = both.x;
      next[u] = both.y;
#endif
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    const int result = ((t * DIRECTIONS + direction) * sequences + n) * HIDDEN;
    for (int u = lane; u < HIDDEN; u += GROUP) {
      float value = next[u];
#if CELL == 1
      // Without LINEAR `next` is the state that was reset, of which a candidate needs all.
      if (!LINEAR) value = GATE_OF(y, INPUT(2) + PRODUCT(next, 2));
      value = (1.0f - other[u]) * value + other[u] * h[u];
#endif
      h[u] = value;
      STORE(y, result + u, value);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  for (int t = length; t < steps; ++t) {
    const int result = ((t * DIRECTIONS + direction) * sequences + n) * HIDDEN;
    for (int u = lane; u < HIDDEN; u += GROUP) STORE(y, result + u, 0.0f);
  }
  for (int u = lane; u < HIDDEN; u += GROUP) {
    STORE(last_h, instance * HIDDEN + u, h[u]);
#if CELL == 2
    STORE(last_c, instance * HIDDEN + u, other[u]);
#endif
  }
}
#endif
