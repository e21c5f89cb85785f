// recurrent: whole sequences of an RNN, GRU or LSTM, see recurrent.h. One work-group of GROUP items takes one sequence in
// one direction through all steps; each item computes every GROUP-th vector of LANES units, and the state lies in local
// memory. Units are padded to PADDED, a multiple of LANES, in all that is packed:
//
//   products  [step][sequence][direction][gate][unit]: w * x with w's bias, of all steps
//   r         LANES 1: [direction][unit of the state][gate][unit], so that neighbours read neighbours; else
//             [direction][vector of units][unit of the state][gate][lane], which an item reads from front to back
//   r_bias    [direction][gate][unit], peepholes [direction][i, o, f][unit]
//
// LANES: 1, 4, 8 or 16.
// CELL: 0 RNN, 1 GRU, 2 LSTM. HIDDEN: units. DIRECTIONS. LINEAR: linear_before_reset. INPUT_FORGET. PEEPHOLES (0, 1).
// LENGTHS, H0, C0: 0 not given, 1 constant floats, 2 a tensor (of integers for the lengths). FUNCTIONS: an int4 for each
// direction of what its functions are, as recurrent_function.h numbers them. MORE_FUNCTIONS (0, 1): whether there are
// others than the first three; then ALPHAS and BETAS have a float4 for each direction.
#ifdef USE_recurrent
#include "tanh.clh"
#undef UNITS
#undef LOAD_UNITS
#undef VLOAD_UNITS
#undef VSTORE_UNITS
#if LANES == 1
#define UNITS float
#define LOAD_UNITS LOAD
#define VLOAD_UNITS(p) (*(p))
#define VSTORE_UNITS(v, p) (*(p) = (v))
#else
#include "float_lanes.clh"
#define UNITS FLOATS
#define LOAD_UNITS LOAD_FLOATS
#define VLOAD_UNITS(p) VLOAD(0, p)
#define VSTORE_UNITS(v, p) VSTORE(v, 0, p)
#endif

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
inline UNITS FUNCTION(apply)(int which, float2 p, UNITS x) {
  if (which == 0) return 1.0f / (1.0f + exp(-x));
  if (which == 1) return TANH(x);
#if MORE_FUNCTIONS
  if (which == 3) return p.x * x + p.y;
  if (which == 4) return x < 0.0f ? p.x * x : x;
  if (which == 5) return x > p.x ? x : (UNITS)(0.0f);
  if (which == 6) return p.x * TANH(p.y * x);
  if (which == 7) return clamp(p.x * x + p.y, 0.0f, 1.0f);
  if (which == 8) return x < 0.0f ? p.x * expm1(x) : x;
  if (which == 9) return x / (1.0f + fabs(x));
  if (which == 10) return fmax(x, 0.0f) + log1p(exp(-fabs(x)));
#endif
  return x < 0.0f ? (UNITS)(0.0f) : x;
}
// The function of a gate; x is cut to [-limit, limit] first.
inline UNITS FUNCTION(gate)(int which, float2 p, UNITS x, float limit) {
  // A NaN stays one.
  const UNITS high = x > limit ? (UNITS)(limit) : x;
  return FUNCTION(apply)(which, p, x < -limit ? (UNITS)(-limit) : high);
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

// Adds to `sums` the state times the columns of r for units u of `count` gates from `first` on, with their bias. The sums
// of the gates do not wait for one another.
#undef ADD_PRODUCTS
#undef R_AT
#if LANES == 1
#define R_AT(i, gate) (((direction * HIDDEN + (i)) * GATES + (gate)) * PADDED + u)
#else
#define R_AT(i, gate) (((direction * PADDED + u) * HIDDEN + (i) * LANES) * GATES + (gate) * LANES)
#endif
#define ADD_PRODUCTS(sums, state, first, count)                                                 \
  {                                                                                             \
    _Pragma("unroll") for (int g = first; g < first + count; ++g) {                             \
      sums[g] += VLOAD_UNITS(r_bias + (direction * GATES + g) * PADDED + u);                    \
    }                                                                                           \
    for (int i = 0; i < HIDDEN; ++i) {                                                          \
      const float value = state[i];                                                             \
      _Pragma("unroll") for (int g = first; g < first + count; ++g) {                           \
        sums[g] += value * LOAD_UNITS(r, R_AT(i, g));                                           \
      }                                                                                         \
    }                                                                                           \
  }

#if CELL == 2
// Replaces the cell's state `cell` by that behind the step, and gives the units' output; `sums` are those of i, o, f, c.
inline UNITS FUNCTION(lstm)(UNITS *sums, UNITS *cell, __global const float *peephole, int4 f, float4 alpha, float4 beta,
                        float limit) {
  const UNITS before = *cell;
#if PEEPHOLES
  sums[0] += VLOAD_UNITS(peephole) * before;
  sums[2] += VLOAD_UNITS(peephole + 2 * PADDED) * before;
#endif
  const UNITS in = GATE_OF(x, sums[0]);
  const UNITS forget = INPUT_FORGET ? 1.0f - in : GATE_OF(x, sums[2]);
  const UNITS after = forget * before + in * GATE_OF(y, sums[3]);
#if PEEPHOLES
  sums[1] += VLOAD_UNITS(peephole + PADDED) * after;
#endif
  *cell = after;
  return GATE_OF(x, sums[1]) * FUNCTION(apply)(f.z, PARAMETERS(z), after);
}
#endif

// Units u of `from` in local memory, as far as there are units.
inline void FUNCTION(store_units)(__global STORAGE_T *to, __local const float *from, int u) {
#if LANES == 1
  STORE(to, u, from[u]);
#else
  if (u + LANES <= HIDDEN) {
    STORE_FLOATS(to, u, VLOAD_UNITS(from + u));
  } else {
    for (int i = u; i < HIDDEN; ++i) STORE(to, i, from[i]);
  }
#endif
}

// The products with the input of a gate of units u in this step.
#undef INPUT
#define INPUT(gate) LOAD_UNITS(products, input + (gate)*PADDED + u)
#undef FOR_UNITS
#define FOR_UNITS for (int u = LANES * lane; u < PADDED; u += LANES * GROUP)

__kernel void KERNEL(__global const STORAGE_T *restrict products, __global const STORAGE_T *restrict r,
                     __global const float *restrict r_bias, __global const float *restrict peepholes,
                     LENGTHS_PARAMETER H0_PARAMETER C0_PARAMETER __global STORAGE_T *y, __global STORAGE_T *last_h,
#if CELL == 2
                     __global STORAGE_T *last_c,
#endif
                     int steps, int sequences, float limit) {
  __local float h[PADDED];
  __local float next[PADDED];
  __local float other[PADDED];  // An LSTM's c, a GRU's update gate.
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
  for (int u = lane; u < PADDED; u += GROUP) {
    h[u] = u < HIDDEN ? H0_VALUE(instance * HIDDEN + u) : 0.0f;
    other[u] = u < HIDDEN ? C0_VALUE(instance * HIDDEN + u) : 0.0f;
  }
#if LENGTHS == 0
  const int length = steps;
#else
  const int length = clamp((int)lengths[n], 0, steps);
#endif
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int step = 0; step < length; ++step) {
    const int t = (REVERSED >> direction & 1) ? length - 1 - step : step;
    const int input = ((t * sequences + n) * DIRECTIONS + direction) * GATES * PADDED;
    FOR_UNITS {
      UNITS sums[GATES];
#if CELL == 0
      sums[0] = INPUT(0);
      ADD_PRODUCTS(sums, h, 0, 1)
      VSTORE_UNITS(GATE_OF(x, sums[0]), next + u);
#elif CELL == 1
      sums[0] = INPUT(0), sums[1] = INPUT(1), sums[2] = 0.0f;
#if LINEAR
      ADD_PRODUCTS(sums, h, 0, 3)
#else
      ADD_PRODUCTS(sums, h, 0, 2)
#endif
      const UNITS reset = GATE_OF(x, sums[1]);
      VSTORE_UNITS(GATE_OF(x, sums[0]), other + u);
#if LINEAR
      VSTORE_UNITS(GATE_OF(y, INPUT(2) + reset * sums[2]), next + u);
#else
      VSTORE_UNITS(reset * VLOAD_UNITS(h + u), next + u);
#endif
#else
      sums[0] = INPUT(0), sums[1] = INPUT(1), sums[2] = INPUT(2), sums[3] = INPUT(3);
      ADD_PRODUCTS(sums, h, 0, 4)
      UNITS cell = VLOAD_UNITS(other + u);
      VSTORE_UNITS(FUNCTION(lstm)(sums, &cell, peepholes + direction * 3 * PADDED + u, f, alpha, beta, limit), next + u);
      VSTORE_UNITS(cell, other + u);
#endif
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    __global STORAGE_T *const result = y + ((t * DIRECTIONS + direction) * sequences + n) * HIDDEN;
#if CELL == 1
    FOR_UNITS {
      UNITS value = VLOAD_UNITS(next + u);
#if !LINEAR
      // `next` is the state that was reset, of which a candidate needs all.
      UNITS sums[GATES];
      sums[2] = INPUT(2);
      ADD_PRODUCTS(sums, next, 2, 1)
      value = GATE_OF(y, sums[2]);
#endif
      const UNITS update = VLOAD_UNITS(other + u);
      VSTORE_UNITS((1.0f - update) * value + update * VLOAD_UNITS(h + u), h + u);
      FUNCTION(store_units)(result, h, u);
    }
#else
    FOR_UNITS {
      VSTORE_UNITS(VLOAD_UNITS(next + u), h + u);
      FUNCTION(store_units)(result, h, u);
    }
#endif
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
