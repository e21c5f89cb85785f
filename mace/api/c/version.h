/* The version of the headers and of the library. */
#ifndef MACE_API_C_VERSION_H_
#define MACE_API_C_VERSION_H_

#ifdef __cplusplus
extern "C" {
#endif

/* MACE_VERSION is the version of these headers as one number: 10000 * major + 100 * minor + patch.
 * mace/api/version.h has the same numbers; the library does not compile if they differ. */
#define MACE_VERSION_MAJOR 0
#define MACE_VERSION_MINOR 1
#define MACE_VERSION_PATCH 0
#define MACE_VERSION (10000 * MACE_VERSION_MAJOR + 100 * MACE_VERSION_MINOR + MACE_VERSION_PATCH)

/* The version of the linked library, such as "0.1.0". A static string. */
const char* mace_version(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MACE_API_C_VERSION_H_ */
