// y = condition ? a : b in row-major order, any broadcast: eight extents, and eight steps an operand. The condition is
// a constant of floats, 0 or 1. A_CONSTANT, B_CONSTANT: the operand is a constant of floats too.
#ifdef USE_where_strided
#undef A_POINTER
#undef A_VALUE
#undef B_POINTER
#undef B_VALUE
#if A_CONSTANT
#define A_POINTER __global const float *a
#define A_VALUE(i) a[i]
#else
#define A_POINTER __global const STORAGE_T *a
#define A_VALUE(i) LOAD(a, i)
#endif
#if B_CONSTANT
#define B_POINTER __global const float *b
#define B_VALUE(i) b[i]
#else
#define B_POINTER __global const STORAGE_T *b
#define B_VALUE(i) LOAD(b, i)
#endif

ENTRY void KERNEL(ITEM_IDS __global const float *condition, A_POINTER, B_POINTER, __global STORAGE_T *y, int e0, int e1,
                  int e2, int e3, int e4, int e5, int e6, int e7, int c0, int c1, int c2, int c3, int c4, int c5,
                  int c6, int c7, int a0, int a1, int a2, int a3, int a4, int a5, int a6, int a7, int b0, int b1,
                  int b2, int b3, int b4, int b5, int b6, int b7, int total) {
  const int index = ITEM_ID(0);
  if (index >= total) return;
  const int8 extents = (int8)(e0, e1, e2, e3, e4, e5, e6, e7);
  // The position along each axis, innermost first.
  int rest = index;
  int8 at;
  at.s7 = rest % extents.s7;
  rest /= extents.s7;
  at.s6 = rest % extents.s6;
  rest /= extents.s6;
  at.s5 = rest % extents.s5;
  rest /= extents.s5;
  at.s4 = rest % extents.s4;
  rest /= extents.s4;
  at.s3 = rest % extents.s3;
  rest /= extents.s3;
  at.s2 = rest % extents.s2;
  rest /= extents.s2;
  at.s1 = rest % extents.s1;
  at.s0 = rest / extents.s1;
  const int8 c = at * (int8)(c0, c1, c2, c3, c4, c5, c6, c7);
  const int at_c = c.s0 + c.s1 + c.s2 + c.s3 + c.s4 + c.s5 + c.s6 + c.s7;
  const int8 p = at * (int8)(a0, a1, a2, a3, a4, a5, a6, a7);
  const int at_a = p.s0 + p.s1 + p.s2 + p.s3 + p.s4 + p.s5 + p.s6 + p.s7;
  const int8 q = at * (int8)(b0, b1, b2, b3, b4, b5, b6, b7);
  const int at_b = q.s0 + q.s1 + q.s2 + q.s3 + q.s4 + q.s5 + q.s6 + q.s7;
  float value;
  if (condition[at_c] != 0.0f) {
    value = A_VALUE(at_a);
  } else {
    value = B_VALUE(at_b);
  }
  STORE(y, index, value);
}
#endif
