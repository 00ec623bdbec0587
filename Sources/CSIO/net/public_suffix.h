#ifndef CSIO_PUBLIC_SUFFIX_H
#define CSIO_PUBLIC_SUFFIX_H

#include <stdbool.h>
#include <stddef.h>

/* Whether `host`, a name in ASCII, may set cookies for `domain` and all below it; `host` is or ends with
 * `domain`. It may not where that is a public suffix ("com", "co.uk", "github.io"): libpsl knows them, and
 * without it all names of one label count as such. Any thread. */
bool csio__may_share_cookies(const char *host, const char *domain, size_t size);

/* For tests, while no cookie is stored: goes on without libpsl, or with it again. */
extern bool csio__public_suffixes_off;

/* Whether this system has libpsl. */
bool csio__knows_public_suffixes(void);

#endif
