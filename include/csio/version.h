/* The version of the library that the program was built with, and of the one that it runs with. */
#ifndef CSIO_VERSION_H
#define CSIO_VERSION_H

#include "common.h"

#define CSIO_VERSION_MAJOR 0
#define CSIO_VERSION_MINOR 1
#define CSIO_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0". Any thread. Static storage. */
CSIO_EXTERN const char *csio_version(void);

/* csio and the libraries underneath, as "csio/0.1.0 libcurl/7.88.1 libwebsockets/4.1.6 libuv/1.44.2
 * OpenSSL/3.0.19". Any thread. Static storage. */
CSIO_EXTERN const char *csio_version_details(void);

#ifdef __cplusplus
}
#endif
#endif
