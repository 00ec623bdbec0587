/* The version of the headers that the program was built with, and of the library that it runs with. */
#ifndef CSIO_VERSION_H
#define CSIO_VERSION_H

#include "common.h"

/* The version of the whole project. CMake reads it here; docs/releasing.md lists what else repeats it. */
#define CSIO_VERSION_MAJOR 0
#define CSIO_VERSION_MINOR 1
#define CSIO_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/* Returns the library's version, such as "0.1.0". May be called on any thread. The string is static. */
CSIO_EXTERN const char *csio_version(void);

/* Returns the versions of csio and the libraries underneath, such as "csio/0.1.0 libcurl/7.88.1
 * libwebsockets/4.1.6 libuv/1.44.2 OpenSSL/3.0.19". May be called on any thread. The string is static. */
CSIO_EXTERN const char *csio_version_details(void);

#ifdef __cplusplus
}
#endif
#endif
